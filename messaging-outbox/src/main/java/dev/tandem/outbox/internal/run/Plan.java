package dev.tandem.outbox.internal.run;

import dev.tandem.api.error.MessagingException;
import dev.tandem.hybrid.internal.numbered.EncodedMessage;
import dev.tandem.hybrid.internal.numbered.NumberedPublisher;
import dev.tandem.outbox.internal.send.Encoder;
import dev.tandem.outbox.internal.store.StoredMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What calls some messages of one line make, as many of these as may be open, and which of them
 * make none.
 *
 * <p>Thread safety: immutable.
 *
 * @param failed row to reason
 */
record Plan(List<Map<EncodedMessage, StoredMessage>> calls, Map<Long, String> failed) {
  /** The plan for these rows, in order; those of them that go beyond the limits wait. */
  static Plan of(List<StoredMessage> rows, Encoder encoder, long mostBytes) {
    List<Map<EncodedMessage, StoredMessage>> calls = new ArrayList<>();
    Map<Long, String> failed = new LinkedHashMap<>();
    Map<EncodedMessage, StoredMessage> run = new LinkedHashMap<>();
    long bytes = 0;
    for (StoredMessage row : rows) {
      if (bytes > 0 && bytes + row.bytes() > mostBytes) {
        break;
      }
      EncodedMessage message;
      try {
        message = encoder.encode(row);
      } catch (MessagingException e) {
        failed.put(row.id(), e.code() + ": " + e.getMessage());
        continue;
      } catch (RuntimeException e) { // nothing of a row is checked before
        failed.put(row.id(), "not readable: " + e);
        continue;
      }
      bytes += row.bytes();
      if (row.alone()) {
        close(run, calls);
        calls.add(Map.of(message, row));
      } else {
        run.put(message, row);
      }
    }
    close(run, calls);
    return new Plan(calls.subList(0, Math.min(calls.size(), NumberedPublisher.MOST_OPEN)), failed);
  }

  private static void close(
      Map<EncodedMessage, StoredMessage> run, List<Map<EncodedMessage, StoredMessage>> calls) {
    calls.addAll(NumberedPublisher.bundles(run));
    run.clear();
  }
}

package dev.tandem.outbox.internal.run;

import dev.tandem.hybrid.internal.numbered.EncodedMessage;
import dev.tandem.hybrid.internal.numbered.NumberedPublisher;
import dev.tandem.outbox.internal.send.Encoder;
import dev.tandem.outbox.internal.send.Line;
import dev.tandem.outbox.internal.send.OpenCall;
import dev.tandem.outbox.internal.store.Database;
import dev.tandem.outbox.internal.store.LeaseTable;
import dev.tandem.outbox.internal.store.LeaseTable.Owned;
import dev.tandem.outbox.internal.store.LineKey;
import dev.tandem.outbox.internal.store.MessageTable;
import dev.tandem.outbox.internal.store.MessageTable.CallNumber;
import dev.tandem.outbox.internal.store.MessageTable.OpenRow;
import dev.tandem.outbox.internal.store.StoredMessage;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Numbers calls in the database, before they are sent: so a relay that comes after this one knows
 * which messages may have been published, and under which numbers.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class Assigner {
  /** The most bytes that are read in one transaction, of one message at least. */
  private static final long MOST_BYTES = 8L << 20;

  /** The most bytes of one line that are open, of one message at least. */
  private static final long MOST_LINE_BYTES = 512L << 10;

  private final Database database;
  private final LeaseTable leases;
  private final MessageTable messages;
  private final NumberedPublisher publisher;
  private final Encoder encoder;
  private final RandomGenerator random;
  private final int batch;
  private final Map<Integer, Owned> noted = new TreeMap<>();

  /**
   * What was numbered.
   *
   * @param failed how many messages cannot be published, and were set aside
   * @param strange partitions that are not as this relay left them, of which nothing was numbered
   */
  record Assigned(List<Line> lines, int failed, Set<Integer> strange) {
    static final Assigned NOTHING = new Assigned(List.of(), 0, Set.of());
  }

  Assigner(
      Database database,
      LeaseTable leases,
      MessageTable messages,
      NumberedPublisher publisher,
      Encoder encoder,
      RandomGenerator random,
      int batch) {
    this.database = database;
    this.leases = leases;
    this.messages = messages;
    this.publisher = publisher;
    this.encoder = encoder;
    this.random = random;
    this.batch = batch;
  }

  /**
   * A partition is new here. Its numbers begin anew, under another name: should the database be
   * restored from a copy, its old numbers would come again, and Redis would know them.
   */
  void gained(int partition) {
    noted.remove(partition);
  }

  /** The lines that others have left, or this relay itself if it does not know them. */
  List<Line> adopt(Set<Integer> partitions, Set<LineKey> known) {
    long now = System.nanoTime();
    return partitions.isEmpty()
        ? List.of()
        : database.transaction(
            connection -> {
              List<Line> lines = new ArrayList<>();
              for (Owned owned : leases.lock(connection, partitions).values()) {
                byLine(messages.open(connection, owned.partition()))
                    .forEach(
                        (key, rows) -> {
                          if (!known.contains(key)) {
                            String name = rows.get(0).number().publisher(); // that of all
                            lines.add(Line.adopted(key, name, calls(rows), now));
                          }
                        });
              }
              return lines;
            });
  }

  private static Map<LineKey, List<OpenRow>> byLine(List<OpenRow> rows) {
    Map<LineKey, List<OpenRow>> byLine = new LinkedHashMap<>();
    rows.forEach(row -> byLine.computeIfAbsent(row.line(), key -> new ArrayList<>()).add(row));
    return byLine;
  }

  private static List<OpenCall> calls(List<OpenRow> rows) {
    Map<Long, List<Long>> ids = new TreeMap<>();
    for (OpenRow row : rows) {
      ids.computeIfAbsent(row.number().number(), number -> new ArrayList<>()).add(row.id());
    }
    List<OpenCall> calls = new ArrayList<>();
    ids.forEach((number, its) -> calls.add(new OpenCall(number, null, its, "", false)));
    return calls;
  }

  /**
   * Numbers what waits.
   *
   * @param held lines that have open calls
   */
  Assigned assign(Collection<Integer> partitions, Set<LineKey> held) {
    if (partitions.isEmpty()) {
      return Assigned.NOTHING;
    }
    Map<Integer, Numbers> numbers = new TreeMap<>();
    Assigned assigned =
        database.transaction(
            connection -> {
              List<StoredMessage> rows =
                  messages.next(connection, partitions, held, batch, MOST_BYTES);
              return rows.isEmpty() ? Assigned.NOTHING : assign(connection, rows, numbers);
            });
    numbers.forEach((partition, its) -> noted.put(partition, its.noted(partition)));
    return assigned;
  }

  private Assigned assign(
      Connection connection, List<StoredMessage> rows, Map<Integer, Numbers> numbers)
      throws SQLException {
    Map<LineKey, List<StoredMessage>> byLine = new LinkedHashMap<>();
    rows.forEach(row -> byLine.computeIfAbsent(row.line(), key -> new ArrayList<>()).add(row));
    Map<LineKey, Plan> plans = new LinkedHashMap<>(); // before anything is locked
    byLine.forEach((line, its) -> plans.put(line, Plan.of(its, encoder, MOST_LINE_BYTES)));
    Set<Integer> partitions = new TreeSet<>();
    plans.keySet().forEach(line -> partitions.add(line.partition()));
    Set<Integer> strange = new TreeSet<>();
    for (Owned owned : leases.lock(connection, partitions).values()) {
      if (isStrange(owned)) {
        strange.add(owned.partition());
      } else {
        numbers.put(owned.partition(), numbers(owned));
      }
    }
    List<Line> lines = new ArrayList<>();
    Map<Long, CallNumber> given = new LinkedHashMap<>();
    Map<Long, String> failed = new LinkedHashMap<>();
    for (Map.Entry<LineKey, Plan> one : plans.entrySet()) {
      Numbers its = numbers.get(one.getKey().partition());
      if (its != null) { // lost otherwise, and the rows are another relay's, or strange
        Plan plan = one.getValue();
        failed.putAll(plan.failed());
        List<OpenCall> calls = calls(plan, its, given);
        if (!calls.isEmpty()) {
          lines.add(Line.fresh(one.getKey(), its.publisher, calls, System.nanoTime()));
        }
      }
    }
    messages.number(connection, given);
    messages.fail(connection, failed);
    for (Map.Entry<Integer, Numbers> one : numbers.entrySet()) {
      leases.note(connection, one.getKey(), one.getValue().publisher, one.getValue().last);
    }
    return new Assigned(lines, failed.size(), strange);
  }

  private List<OpenCall> calls(Plan plan, Numbers numbers, Map<Long, CallNumber> given) {
    List<OpenCall> calls = new ArrayList<>();
    for (Map<EncodedMessage, StoredMessage> call : plan.calls()) {
      long number = ++numbers.last;
      List<Long> ids = call.values().stream().map(StoredMessage::id).toList();
      ids.forEach(id -> given.put(id, new CallNumber(numbers.publisher, number)));
      StoredMessage first = call.values().iterator().next();
      calls.add(
          new OpenCall(
              number,
              publisher.call(numbers.publisher, number, List.copyOf(call.keySet())),
              ids,
              first.route(),
              first.alone()));
    }
    return calls;
  }

  /**
   * Whether the numbers are not those that this relay noted: its last transaction was committed
   * though it seemed to fail, or the database went back, to a replica that lagged or to a copy.
   */
  private boolean isStrange(Owned owned) {
    Owned before = noted.get(owned.partition());
    return before != null && !before.equals(owned);
  }

  private Numbers numbers(Owned owned) {
    String name = owned.publisher();
    return name == null || !noted.containsKey(owned.partition())
        ? new Numbers(NumberedPublisher.newName(random), 0)
        : new Numbers(name, owned.lastCall());
  }

  private static final class Numbers {
    final String publisher;
    long last;

    Numbers(String publisher, long last) {
      this.publisher = publisher;
      this.last = last;
    }

    Owned noted(int partition) {
      return new Owned(partition, publisher, last);
    }
  }
}

package dev.tandem.hybrid.internal.send;

import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import java.util.Set;

/** Text, with a note of each time it was written. */
final class RecordingSerde implements Serde<String> {
  private final Set<String> written;

  RecordingSerde(Set<String> written) {
    this.written = written;
  }

  @Override
  public byte[] serialize(String payload, SerdeContext context) {
    written.add(String.valueOf(written.size() + 1));
    return Serde.string().serialize(payload, context);
  }

  @Override
  public String deserialize(byte[] bytes, SerdeContext context) {
    return Serde.string().deserialize(bytes, context);
  }
}

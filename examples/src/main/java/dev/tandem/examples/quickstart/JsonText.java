package dev.tandem.examples.quickstart;

import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;

/**
 * Text that is one JSON value, carried as it stands, so that the live wire shows JSON. Only for
 * text that was checked before, as {@link EventParser} does.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class JsonText implements Serde<String> {
  private final Serde<String> text = Serde.string();

  @Override
  public byte[] serialize(String payload, SerdeContext context) {
    return text.serialize(payload, context);
  }

  @Override
  public String deserialize(byte[] bytes, SerdeContext context) {
    return text.deserialize(bytes, context);
  }

  @Override
  public boolean isJson() {
    return true;
  }
}

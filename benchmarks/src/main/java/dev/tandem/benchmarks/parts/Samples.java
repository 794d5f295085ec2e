package dev.tandem.benchmarks.parts;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Message;

/** What is written and read. */
final class Samples {
  private static final int PAYLOAD = 200;

  private Samples() {}

  /** A message with a key and a header, whose payload is a JSON text. */
  static Message<byte[]> message() {
    byte[] payload = ("\"" + "x".repeat(PAYLOAD - 2) + "\"").getBytes(UTF_8);
    return Message.of("order.placed", payload).key("c-12").header("trace", "4bf9");
  }
}

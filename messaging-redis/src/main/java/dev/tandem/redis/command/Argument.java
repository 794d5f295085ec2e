package dev.tandem.redis.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import redis.clients.jedis.args.Rawable;

/**
 * An argument of a command, not copied; what many commands have in common is made once and shared.
 *
 * <p>Thread safety: immutable, as long as nobody changes the array.
 */
public final class Argument implements Rawable {
  private final byte[] raw;

  private Argument(byte[] raw) {
    this.raw = raw;
  }

  /** A text. */
  public static Argument of(String text) {
    return new Argument(text.getBytes(UTF_8));
  }

  /** Bytes; the array must not change any more. */
  public static Argument of(byte[] bytes) {
    return new Argument(bytes);
  }

  @Override
  public byte[] getRaw() {
    return raw;
  }
}

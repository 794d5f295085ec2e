package dev.tandem.streams.internal.produce;

import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * How the server knows a producer and its calls again, so that a call that is sent again is
 * executed once.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
public final class Memory {
  /** How long the server remembers the last calls of a producer to a stream: 24 hours. */
  public static final Duration LIFE = Duration.ofHours(24);

  private static final int ID_BYTES = 16;

  private final String producer;
  private long calls;

  /** A producer that nobody knows yet. */
  public Memory(RandomGenerator random) {
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    this.producer = HexFormat.of().formatHex(id);
  }

  /** The number of the next call. */
  long nextCall() {
    return ++calls;
  }

  /** Where the last calls to a stream are remembered. */
  RedisKey key(StreamKeys stream) {
    return stream.producer(producer);
  }
}

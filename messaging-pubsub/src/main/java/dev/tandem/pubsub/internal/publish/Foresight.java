package dev.tandem.pubsub.internal.publish;

import dev.tandem.pubsub.internal.frame.ForeseenHead;
import dev.tandem.redis.command.RedisKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where the logs of channels will stand when the next call arrives, as far as replies and the calls
 * under way tell: who publishes alone is always right. It only saves the server work, which
 * compares; where another publisher was faster, a channel is left alone for a while.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Foresight {
  /** The most channels that it knows of; those that were not used for longest are forgotten. */
  private static final int MOST_CHANNELS = 1_024;

  /** For so many calls nothing is said of a channel after one that was wrong. */
  private static final int DISTRUST_AFTER_WRONG = 64;

  private final Map<RedisKey, Stand> stands =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<RedisKey, Stand> eldest) {
          return size() > MOST_CHANNELS;
        }
      };

  private long serverMillis;
  private long toldNanos;

  /**
   * Where a log stands.
   *
   * @param distrust for how many calls this is not to be relied on
   */
  record Stand(String epoch, long version, String nonce, int distrust) {
    private Stand after(OutgoingFrame frame) {
      return new Stand(epoch, version + frame.messages().size(), frame.nonce(), distrust);
    }
  }

  /** What the next frame on this channel will find; null if that is not known. */
  @Nullable ForeseenHead head(RedisKey channel, long nowNanos) {
    Stand stand = stands.get(channel);
    if (stand == null || stand.distrust() > 0) {
      return null;
    }
    long millis = serverMillis + TimeUnit.NANOSECONDS.toMillis(nowNanos - toldNanos);
    return new ForeseenHead(stand.epoch(), stand.version(), stand.nonce(), millis);
  }

  /** This frame goes next. */
  void sent(RedisKey channel, OutgoingFrame frame) {
    stands.computeIfPresent(channel, (key, stand) -> stand.after(frame));
  }

  /**
   * A frame was appended.
   *
   * @param version of its last message
   * @param wasWrong whether it was expected elsewhere
   * @param behind the frames of this channel that are under way
   */
  void appended(
      RedisKey channel,
      String epoch,
      long version,
      String nonce,
      boolean wasWrong,
      List<OutgoingFrame> behind) {
    Stand before = stands.get(channel);
    int left = before == null ? 0 : Math.max(0, before.distrust() - 1);
    Stand stand = new Stand(epoch, version, nonce, wasWrong ? DISTRUST_AFTER_WRONG : left);
    for (OutgoingFrame frame : behind) {
      stand = stand.after(frame);
    }
    stands.put(channel, stand);
  }

  /** Nobody knows where this channel stands. */
  void forget(RedisKey channel) {
    stands.remove(channel);
  }

  /** The server's clock showed this just now. */
  void serverTime(long millis, long nowNanos) {
    serverMillis = millis;
    toldNanos = nowNanos;
  }
}

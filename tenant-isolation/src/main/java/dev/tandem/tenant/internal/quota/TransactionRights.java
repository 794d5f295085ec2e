package dev.tandem.tenant.internal.quota;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one transaction has taken of its tenant's quotas. All of it is given back if the transaction
 * does not commit; if it commits, or nobody knows whether it did, all of it is used. For the
 * libraries' own use.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class TransactionRights {
  private static final Logger LOG = LoggerFactory.getLogger(TransactionRights.class);

  private final DirectQuota quota;
  private final Tenant tenant;
  private final String name;
  private final Map<RedisKey, Room> rooms = new LinkedHashMap<>();
  private long messages;

  TransactionRights(DirectQuota quota, Tenant tenant, String name) {
    this.quota = quota;
    this.tenant = tenant;
    this.name = name;
  }

  /** What is kept in one stream, and how many bytes of it were counted. */
  private static final class Room {
    final StreamKeys keys;
    long entries;
    long bytes;
    long counted;

    Room(StreamKeys keys) {
      this.keys = keys;
    }
  }

  /**
   * Takes the right to append an entry to a stream, and keeps room there, all that this has in the
   * stream, for a second.
   *
   * @param bytes of the entry
   * @param payload bytes of its payload
   * @throws dev.tandem.api.error.QuotaExceededException if that would be too much: nothing is taken
   * @throws MessagingException if Redis refuses to tell
   */
  public void append(StreamKeys keys, String topic, long bytes, int payload) {
    long before = messages;
    takeRate(topic, payload);
    Room room = rooms.computeIfAbsent(keys.stream(), stream -> new Room(keys));
    try {
      if (quota.keepRoom(tenant, keys, name, room.entries, room.bytes, topic, bytes)) {
        room.counted += bytes;
      }
      room.entries++;
      room.bytes += bytes;
    } catch (MessagingException e) {
      giveBackTo(before);
      throw e;
    }
  }

  /**
   * Takes the right to publish a message to a channel.
   *
   * @param payload its bytes
   * @throws dev.tandem.api.error.QuotaExceededException if that would be too much: nothing is taken
   * @throws MessagingException if Redis refuses to tell
   */
  public void channel(ChannelKeys keys, String channel, boolean isRecoverable, int payload) {
    long before = messages;
    takeRate(channel, payload);
    if (isRecoverable) {
      try {
        quota.begin(tenant, keys, channel);
      } catch (MessagingException e) {
        giveBackTo(before);
        throw e;
      }
    }
  }

  private void takeRate(String destination, int payload) {
    if (quota.take(tenant, destination, 1, payload)) {
      messages++;
    }
  }

  /** How many messages it has the right to send. */
  public long messages() {
    return messages;
  }

  /** Gives back the right to send messages, but for so many. */
  public void giveBackTo(long most) {
    long surplus = messages - most;
    messages = most;
    if (surplus > 0) {
      tryTo(() -> quota.putBack(tenant, surplus));
    }
  }

  /** Gives everything back: nothing comes of the transaction. */
  public void giveBack() {
    giveBackTo(0);
    for (Room room : rooms.values()) {
      if (room.entries > 0) {
        tryTo(() -> quota.giveRoomBack(tenant, room.keys, name, room.counted));
      }
    }
    rooms.clear();
  }

  private static void tryTo(Runnable giveBack) {
    try {
      giveBack.run();
    } catch (MessagingException e) {
      LOG.debug("what was taken of a quota stays taken: {}", e.getMessage());
    }
  }
}

package dev.tandem.pubsub;

import static java.util.Objects.requireNonNull;

import dev.tandem.api.Message;
import dev.tandem.api.Position;
import dev.tandem.api.error.MessagingException;
import dev.tandem.pubsub.internal.frame.StoredFrames;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Stores messages that nobody hears of: they get lost on their way. */
final class Unheard {
  /**
   * Stores a frame of another channel behind the head of this one, and publishes nothing. Returns
   * where it stands and the frame, or nothing if there is no log.
   */
  private static final String STORE =
      """
      local head = redis.call('HMGET', KEYS[1], 'epoch', 'version', 'nonce')
      if not head[1] then return {} end
      local version = string.format('%.0f', head[2] + 1)
      local frame = ARGV[1]:gsub('"version":%d+', '"version":' .. version, 1)
      frame = frame:gsub('"epoch":"%w+"', '"epoch":"' .. head[1] .. '"', 1)
      frame = frame:gsub('"previous":"%w*"', '"previous":"' .. head[3] .. '"', 1)
      local nonce = frame:match('"nonce":"(%w+)"')
      redis.call('XADD', KEYS[2], version, 'frame', frame)
      redis.call('HSET', KEYS[1], 'version', version, 'nonce', nonce)
      return {head[1], version, nonce, frame}
      """;

  private final RedisServer server;
  private final LiveBus publisher;
  private final Tenant tenant;

  /** Messages of this tenant, whose frames this bus makes by publishing elsewhere. */
  Unheard(RedisServer server, LiveBus publisher, Tenant tenant) {
    this.server = server;
    this.publisher = publisher;
    this.tenant = tenant;
  }

  /** Where a message stands, and its frame. */
  record Stored(Position position, String frame) {}

  /** Stores it; nothing if the channel has no log, or a connection died with the server. */
  Optional<Stored> store(Channel<String> channel, Message<String> message) {
    String key = "tenant:" + tenant.name() + ":channel:" + channel.name();
    return frameOfAnotherChannel(channel, message)
        .map(frame -> list("EVAL", STORE, "2", key + ":meta", key + ":buffer", frame))
        .filter(stored -> !stored.isEmpty())
        .map(
            stored ->
                new Stored(
                    new Position(
                        String.valueOf(stored.get(0)),
                        Long.parseLong(String.valueOf(stored.get(1))),
                        String.valueOf(stored.get(2))),
                    String.valueOf(stored.get(3))));
  }

  private Optional<String> frameOfAnotherChannel(Channel<String> channel, Message<String> message) {
    Tenant elsewhere = Tenant.of(tenant.name() + "-copy");
    String copy = "tenant:" + elsewhere.name() + ":channel:" + channel.name();
    server.execute("DEL", copy + ":buffer", copy + ":meta");
    try {
      publisher.publish(elsewhere, channel, message);
    } catch (MessagingException e) {
      return Optional.empty();
    }
    String frame = StoredFrames.newest(server, copy + ":buffer", 1).get(0);
    return Optional.of(frame.replace(elsewhere.name(), tenant.name()));
  }

  private List<?> list(String... command) {
    @Nullable Object reply = server.execute(command);
    return (List<?>) requireNonNull(reply);
  }
}

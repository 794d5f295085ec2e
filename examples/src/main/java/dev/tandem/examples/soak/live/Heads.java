package dev.tandem.examples.soak.live;

import dev.tandem.api.Position;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.testkit.RedisServer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the server says of the channels, asked without any part that is under test. */
final class Heads {
  private final RedisServer server;
  private final List<ChannelKeys> keys;

  Heads(RedisServer server, KeyLayout layout) {
    this.server = server;
    this.keys =
        LiveScenery.CHANNELS.stream()
            .map(channel -> layout.channel(LiveScenery.TENANT, channel.name()))
            .toList();
  }

  ChannelKeys keys(int channel) {
    return keys.get(channel);
  }

  /** Where each channel stands; null where there is no log. */
  List<@Nullable Position> all() {
    List<@Nullable Position> heads = new ArrayList<>();
    for (ChannelKeys channel : keys) {
      List<?> fields =
          (List<?>) server.execute("HMGET", channel.meta().text(), "epoch", "version", "nonce");
      heads.add(fields == null || fields.contains(null) ? null : position(fields));
    }
    return heads;
  }

  private static Position position(List<?> fields) {
    return new Position(
        String.valueOf(fields.get(0)),
        Long.parseLong(String.valueOf(fields.get(1))),
        String.valueOf(fields.get(2)));
  }
}

package dev.tandem.hybrid.internal;

import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts a batch into bundles without changing the order on any stream or channel.
 *
 * <p>A message joins the latest bundle of its stream if that is also the latest of its channel; a
 * bundle that was overtaken by another on either side stays closed. Bundles run in the order in
 * which they were opened, so what was sent first to a stream or a channel arrives there first.
 */
final class Bundles {
  private Bundles() {}

  static List<Bundle> of(List<Outgoing> batch, int maxMessages, int maxBytes) {
    List<Bundle> bundles = new ArrayList<>();
    Map<RedisKey, Bundle> latest = new HashMap<>();
    for (Outgoing next : batch) {
      RedisKey stream = next.stream();
      RedisKey channel = next.channelKeys().channel();
      Bundle open = latest.get(stream);
      if (open != null && open == latest.get(channel) && open.takes(next, maxMessages, maxBytes)) {
        open.add(next);
      } else {
        Bundle bundle = new Bundle(next);
        bundles.add(bundle);
        latest.put(stream, bundle);
        latest.put(channel, bundle);
      }
    }
    return bundles;
  }
}

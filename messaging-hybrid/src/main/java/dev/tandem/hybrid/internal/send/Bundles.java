package dev.tandem.hybrid.internal.send;

import dev.tandem.hybrid.internal.wire.Destination.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cuts messages of one tenant into bundles without changing the order on any stream or channel.
 *
 * <p>A message joins the latest bundle of its places if that is the same one for all of them; a
 * bundle that was overtaken by another at one of them stays closed. Bundles run in the order in
 * which they were opened, so what was sent first to a stream or a channel arrives there first.
 */
final class Bundles {
  private Bundles() {}

  static List<Bundle> of(List<Outgoing> messages, int maxMessages, int maxBytes) {
    List<Bundle> bundles = new ArrayList<>();
    Map<Place, Bundle> latest = new HashMap<>();
    Outgoing before = null;
    List<Place> places = List.of();
    for (Outgoing next : messages) {
      if (before == null || !before.destination().equals(next.destination())) {
        places = next.destination().places();
      }
      before = next;
      Bundle open = latestOfAll(latest, places);
      if (open != null && open.takes(next, maxMessages, maxBytes)) {
        open.add(next);
      } else {
        Bundle bundle = new Bundle(next);
        bundles.add(bundle);
        places.forEach(place -> latest.put(place, bundle));
      }
    }
    return bundles;
  }

  private static @Nullable Bundle latestOfAll(Map<Place, Bundle> latest, List<Place> places) {
    Bundle first = latest.get(places.get(0));
    for (Place place : places) {
      if (latest.get(place) != first) {
        return null;
      }
    }
    return first;
  }
}

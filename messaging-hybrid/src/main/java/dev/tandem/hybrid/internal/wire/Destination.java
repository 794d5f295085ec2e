package dev.tandem.hybrid.internal.wire;

import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where messages of one tenant go together.
 *
 * <p>Thread safety: immutable.
 *
 * @param topic the stream's, or null if there is none
 * @param mostEntries how many entries the stream may hold; 0 for any number
 * @param channels where they are published
 */
public record Destination(
    Tenant tenant, @Nullable String topic, long mostEntries, List<Live> channels) {
  /**
   * One channel.
   *
   * @param retentionMillis how long a message can be recovered; 0 if the channel is fleeting
   * @param maxMessages how many can
   */
  public record Live(String name, long retentionMillis, int maxMessages) {
    /** Whether messages are stored. */
    public boolean isRecoverable() {
      return retentionMillis > 0;
    }
  }

  /**
   * A stream or a channel, within the tenant.
   *
   * @param isStream whether it is a stream
   */
  public record Place(boolean isStream, String name) {}

  /** All places. */
  public List<Place> places() {
    List<Place> places = new ArrayList<>(channels.size() + 1);
    if (topic != null) {
      places.add(new Place(true, topic));
    }
    channels.forEach(channel -> places.add(new Place(false, channel.name())));
    return places;
  }

  @Override
  public String toString() {
    return (topic == null ? "" : "stream " + topic + ", ")
        + "channels "
        + channels.stream().map(Live::name).toList()
        + " of tenant "
        + tenant.name();
  }
}

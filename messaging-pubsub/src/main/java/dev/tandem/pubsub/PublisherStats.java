package dev.tandem.pubsub;

import java.time.Instant;
import java.util.List;

/**
 * What a bus has published since it began, or its statistics were reset, for each channel.
 *
 * <p>Thread safety: immutable.
 *
 * @param since the beginning, by this process's clock
 * @param waiting messages and batches in the sender's buffer now
 * @param channels one for each channel that something was published to, in no order; only the first
 *     {@value #MOST_CHANNELS} are told apart
 * @param others all channels beyond them together, under the tenant and the name {@code others}
 */
public record PublisherStats(
    Instant since, int waiting, List<ChannelPublishStats> channels, ChannelPublishStats others) {
  /** The most channels that are told apart: {@value}. */
  public static final int MOST_CHANNELS = 10_000;

  /** Copies the list. */
  public PublisherStats {
    channels = List.copyOf(channels);
  }
}

package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.internal.log.LogRequest;
import dev.tandem.pubsub.internal.log.Replay;
import dev.tandem.pubsub.internal.log.Start;

/**
 * One read of a feed; of no use any more once another was begun or the connection was lost.
 *
 * @param feed whose read it is
 * @param number the number that the feed gave it
 */
record FeedRead(ChannelFeed feed, long number) implements LogRequest {
  @Override
  public boolean isWanted() {
    return feed.isCurrent(number);
  }

  @Override
  public Start from() {
    return feed.readFrom();
  }

  @Override
  public long maxReplay() {
    return feed.mostReplayed();
  }

  @Override
  public boolean takesRemembered() {
    return false; // what is remembered is what this feed knows already
  }

  @Override
  public void done(Replay replay) {
    feed.readDone(number, replay);
  }
}

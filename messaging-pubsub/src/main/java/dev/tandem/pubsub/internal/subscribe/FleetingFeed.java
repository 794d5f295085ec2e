package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.tenant.Tenant;

/** The feed of a channel that keeps nothing: what arrives is passed on. */
final class FleetingFeed extends FeedBase<LocalSubscriber<?>> {
  private final Tenant tenant;
  private final Channel<?> channel;
  private final BusThreads threads;
  private boolean live;

  FleetingFeed(Tenant tenant, Channel<?> channel, BusThreads threads) {
    this.tenant = tenant;
    this.channel = channel;
    this.threads = threads;
  }

  @Override
  public Channel<?> channel() {
    return channel;
  }

  @Override
  public void add(LocalSubscriber<?> subscriber) {
    lock.lock();
    try {
      admit(subscriber);
      if (live) {
        subscriber.settle();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean remove(LocalSubscriber<?> subscriber) {
    lock.lock();
    try {
      return audience.remove(subscriber);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onSubscribed() {
    lock.lock();
    try {
      setConfirmed(true);
      live = true;
      audience.forEach(threads, LocalSubscriber::settle);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onLost() {
    lock.lock();
    try {
      setConfirmed(false);
      live = false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onFrame(Frame frame) {
    ReceivedFrame received = new ReceivedFrame(frame, tenant);
    lock.lock();
    try {
      audience.forEach(threads, subscriber -> subscriber.offerFleeting(received));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onGarbage() {}

  @Override
  public boolean isLive() {
    lock.lock();
    try {
      return live;
    } finally {
      lock.unlock();
    }
  }
}

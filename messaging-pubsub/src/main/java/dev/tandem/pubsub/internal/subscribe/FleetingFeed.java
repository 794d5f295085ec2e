package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.pubsub.internal.log.ReceivedFrame;
import dev.tandem.tenant.Tenant;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** The feed of a channel that keeps nothing: what arrives is passed on. */
final class FleetingFeed implements Feed {
  private final Tenant tenant;
  private final Channel<?> channel;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<LocalSubscriber<?>> subscribers = new LinkedHashSet<>();
  private boolean live;

  FleetingFeed(Tenant tenant, Channel<?> channel) {
    this.tenant = tenant;
    this.channel = channel;
  }

  @Override
  public Channel<?> channel() {
    return channel;
  }

  @Override
  public void add(LocalSubscriber<?> subscriber) {
    lock.lock();
    try {
      subscribers.add(subscriber);
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
      subscribers.remove(subscriber);
      return subscribers.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onSubscribed() {
    lock.lock();
    try {
      live = true;
      subscribers.forEach(LocalSubscriber::settle);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onLost() {
    lock.lock();
    try {
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
      subscribers.forEach(subscriber -> subscriber.offerFleeting(received));
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

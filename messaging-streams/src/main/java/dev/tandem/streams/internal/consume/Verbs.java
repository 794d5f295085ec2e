package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.streams.HeldDelivery;
import dev.tandem.streams.Settlement;
import dev.tandem.streams.internal.group.Counters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What the holder of deliveries does with them. Safe for use by many threads. */
final class Verbs {
  private final ConsumerCore core;
  private final Settling settling;
  private final Acknowledging acknowledging;

  Verbs(ConsumerCore core, Settling settling, String acknowledgingThread) {
    this.core = core;
    this.settling = settling;
    this.acknowledging = new Acknowledging(this, acknowledgingThread);
  }

  Settling settling() {
    return settling;
  }

  /** Sends what is to be acknowledged in the background, and takes no more. */
  void close(Duration drain) {
    acknowledging.close(drain);
  }

  /** Settles one delivery. */
  Settlement settle(Held<?> held, Request.Wish wish) {
    Request request = begin(held, wish);
    settle(List.of(held), List.of(request));
    return outcome(request);
  }

  /** Acknowledges many; those that were not ours any more. */
  List<HeldDelivery<?>> acknowledge(Collection<? extends HeldDelivery<?>> deliveries) {
    List<Held<?>> all = new ArrayList<>();
    List<Request> requests = new ArrayList<>();
    for (HeldDelivery<?> delivery : deliveries) {
      if (!(delivery instanceof Held<?> held) || held.core() != core) {
        throw new InvalidValueException(
            "delivery", delivery, "must come from a poll of this consumer");
      }
      all.add(held);
    }
    try {
      for (Held<?> held : all) {
        requests.add(begin(held, new Request.Acknowledge()));
      }
    } catch (RuntimeException e) {
      all.subList(0, requests.size()).forEach(Held::notBegun);
      throw e;
    }
    settle(all, requests);
    List<HeldDelivery<?>> lost = new ArrayList<>();
    @Nullable MessagingException trouble = null;
    for (int i = 0; i < requests.size(); i++) {
      try {
        if (outcome(requests.get(i)) == Settlement.LEASE_LOST) {
          lost.add(all.get(i));
        }
      } catch (MessagingException e) {
        trouble = e;
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    return lost;
  }

  CompletableFuture<Settlement> acknowledgeLater(Held<?> held) {
    return acknowledging.add(held, begin(held, new Request.Acknowledge()));
  }

  private Request begin(Held<?> held, Request.Wish wish) {
    core.checkOpen();
    return held.begin(wish);
  }

  /** Asks, and says to each delivery what has come of it. */
  void settle(List<Held<?>> all, List<Request> requests) {
    try {
      settling.settle(requests);
    } finally {
      for (int i = 0; i < requests.size(); i++) {
        Request request = requests.get(i);
        boolean settled = settling.isSettled(request);
        if (settled) {
          count(request);
        }
        all.get(i).end(request, settled);
      }
    }
  }

  /** What a settled request has come to, or why it is not settled. */
  Settlement outcome(Request request) {
    if (!settling.isSettled(request)) {
      throw unsettled(request);
    }
    if (!settling.isDone(request)) {
      return Settlement.LEASE_LOST;
    }
    if (request.wish instanceof Request.Acknowledge) {
      return Settlement.ACKNOWLEDGED;
    }
    return request.wish instanceof Request.Retry && !Settling.isDataGone(request)
        ? Settlement.RETRYING
        : Settlement.DEAD_LETTERED;
  }

  private static MessagingException unsettled(Request request) {
    MessagingException error = request.error;
    return error != null
        ? error
        : new MessagingException(
            ErrorCode.GROUP_MISSING,
            true,
            request.lease.stream() + " disappears as often as it is made again",
            null,
            request.lease.stream().tenant().name(),
            request.lease.stream().group());
  }

  boolean extend(Held<?> held) {
    core.checkOpen();
    if (held.isSettled()) {
      throw new IllegalStateException(held + " was settled before");
    }
    Request request = new Request(held.lane(), held.lease(), new Request.Extend());
    settling.settle(List.of(request));
    if (request.error != null) {
      throw request.error;
    }
    boolean ours = settling.isDone(request);
    if (!ours && held.lease().markLost()) {
      held.lease().stream().counters().leasesLost.add(1);
    }
    return ours;
  }

  void count(Request request) {
    Counters counted = request.lease.stream().counters();
    if (Settling.isDataGone(request)) {
      counted.payloadLost(1);
      return;
    }
    switch (outcome(request)) {
      case ACKNOWLEDGED -> counted.acknowledged.add(1);
      case RETRYING -> {
        counted.retried.add(1);
        if (request.wish instanceof Request.Retry retry) {
          request.lane.feedOf(request.lease).dueIn(retry.delay());
        }
      }
      case DEAD_LETTERED -> counted.deadLettered.add(1);
      case LEASE_LOST -> {
        if (request.lease.markLost()) {
          counted.leasesLost.add(1);
        }
      }
    }
  }
}

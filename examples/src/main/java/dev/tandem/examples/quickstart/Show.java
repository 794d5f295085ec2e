package dev.tandem.examples.quickstart;

import dev.tandem.examples.console.Narrator;
import dev.tandem.examples.console.Waiting;
import dev.tandem.hybrid.HybridPublisher;
import dev.tandem.hybrid.Route;
import dev.tandem.pubsub.Channel;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.DeadLetter;
import dev.tandem.streams.DeadLetters;
import dev.tandem.streams.StreamWorker;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Plays the events: two workers of one group, a subscriber for each tenant, and on the way the two
 * failures.
 */
final class Show {
  /** How long nothing at all may happen before the rest is given up. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final int LEAST_RETAINED = 1_000;

  private final RedisBackend backend;
  private final Input input;
  private final Destination destination;
  private final Narrator narrator;
  private final Progress progress;
  private final Tally tally = new Tally();
  private final Gate gate = new Gate(WorkerFailure.LONGEST_HOLD_UP);

  Show(
      RedisBackend backend,
      Input input,
      Destination destination,
      Narrator narrator,
      Progress progress) {
    this.backend = backend;
    this.input = input;
    this.destination = destination;
    this.narrator = narrator;
    this.progress = progress;
  }

  /**
   * Plays all events and counts.
   *
   * @throws QuickstartException if it cannot go on
   */
  Outcome play() throws InterruptedException {
    RedisConnection redis = backend.connection();
    WorkerSettings settings = WorkerSettings.of(backend.address().url(), destination, input);
    Channel<String> channel = destination.channel(retained());
    try (WorkerProcess workerB = WorkerProcess.start(settings, tally);
        StreamWorker workerA =
            settings.worker(
                redis,
                (message, delivery) -> {
                  gate.pass();
                  tally.handled(
                      delivery.tenant().name(), delivery.id().value(), delivery.deliveries());
                });
        Audience audience = audience(channel);
        HybridPublisher publisher = HybridPublisher.builder(redis).build()) {
      WorkerSettings.start(workerA, "A");
      audience.join();
      workerB.awaitReady();
      introduce(workerB);
      int count = input.events().size();
      WorkerFailure failure =
          new WorkerFailure(
              count / 4,
              settings.concurrency(),
              workerB,
              workerA,
              gate,
              new Unacknowledged(redis, destination, input.tenants()),
              narrator);
      LiveOutage outage =
          new LiveOutage(count / 2, Math.max(count / 2 + 1, count * 3 / 4), audience, narrator);
      List<Scene> scenes = List.of(failure, outage);
      Route<String> route = Route.toStream(destination.topic()).andChannel(channel);
      publish(new Publishing(publisher, route, tally), scenes);
      awaitEverything(workerA);
      scenes.forEach(Scene::epilogue);
      Summary summary = summary(redis, failure.failedOver(), audience.recovered());
      return new Outcome(summary, summary.problems(tally));
    }
  }

  private Audience audience(Channel<String> channel) {
    RedisAddress address = backend.address();
    return address.isPlain()
        ? new ProxiedAudience(address, input.tenants(), channel, tally)
        : new ReturningAudience(address.url(), input.tenants(), channel, tally);
  }

  private void introduce(WorkerProcess workerB) {
    narrator.say("Two workers share the work: A in this process, B in process %d.", workerB.pid());
    narrator.say("One live subscriber listens to each tenant's channel.");
    narrator.say("Each event is published once, to its tenant's stream and channel together.");
  }

  private void publish(Publishing publishing, List<Scene> scenes) throws InterruptedException {
    List<Event> events = input.events();
    Pace pace = new Pace(events.size(), System::nanoTime);
    for (int i = 0; i < events.size(); i++) {
      pace.await(i);
      for (Scene scene : scenes) {
        scene.before(i);
      }
      publishing.publish(events.get(i));
      progress.stepTo(tally.handled());
    }
    publishing.finish();
    narrator.say("All events are published.");
    for (Scene scene : scenes) {
      scene.afterLast();
    }
  }

  private void awaitEverything(StreamWorker workerA) throws InterruptedException {
    Waiting.whileProgressing(
        () -> {
          progress.stepTo(tally.handled());
          return tally.handled() + workerA.stats().deadLettered() >= tally.published()
              && tally.delivered() + tally.missedWithNotice() >= tally.published();
        },
        () -> tally.handled() + tally.delivered() + tally.gaps(),
        PATIENCE);
  }

  private Summary summary(RedisConnection redis, long failedOver, long recovered) {
    Set<Tally.Id> deadLetters = deadLetters(DeadLetters.of(redis));
    return new Summary(
        tally.published(),
        tally.handled(),
        tally.delivered(),
        failedOver,
        recovered,
        tally.redelivered(),
        deadLetters.size(),
        tally.gaps(),
        tally.lost(deadLetters),
        input.rejected());
  }

  private Set<Tally.Id> deadLetters(DeadLetters letters) {
    Set<Tally.Id> ids = new HashSet<>();
    for (Tenant tenant : input.tenants()) {
      for (DeadLetter letter :
          letters.list(tenant, destination.name(), destination.group(), DeadLetters.MOST_LISTED)) {
        ids.add(new Tally.Id(tenant.name(), letter.originalId().value()));
      }
    }
    return ids;
  }

  /** As many as one channel may get, so that no subscriber can be too far behind. */
  private int retained() {
    return Math.max(LEAST_RETAINED, input.events().size());
  }
}

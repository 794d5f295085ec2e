package dev.tandem.streams.internal.work;

import dev.tandem.api.lifecycle.Health;
import dev.tandem.api.lifecycle.LifecycleState;
import dev.tandem.streams.internal.group.GroupStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How a worker is doing, in words. Safe for use by many threads. */
final class WorkerVitals {
  private static final Duration QUIET = Duration.ofSeconds(30);

  private final WorkerSettings settings;
  private final Dispatcher dispatcher;
  private final Intake intake;
  private final Settler settler;
  private final Roster roster;
  private final @Nullable Discovery discovery;
  private volatile @Nullable Instant lastProof;
  private volatile String lastTrouble = "";

  /** The vitals of a worker with these parts, which reads these streams. */
  WorkerVitals(
      WorkerSettings settings,
      Dispatcher dispatcher,
      Intake intake,
      Settler settler,
      Roster roster,
      @Nullable Discovery discovery) {
    this.settings = settings;
    this.dispatcher = dispatcher;
    this.intake = intake;
    this.settler = settler;
    this.roster = roster;
    this.discovery = discovery;
  }

  /** The server has answered. */
  void proven() {
    lastProof = settings.clock().instant();
  }

  /** Something went wrong. */
  void troubled(Throwable error) {
    lastTrouble = String.valueOf(error.getMessage());
  }

  /** What went wrong last, or empty. */
  String lastTrouble() {
    return lastTrouble;
  }

  /** How the worker is doing in this state. */
  Health health(LifecycleState state) {
    Instant proof = lastProof;
    String group = "group " + settings.group() + " of " + settings.topics();
    return switch (state) {
      case RUNNING -> running(group, proof);
      case STARTING, RECOVERING, PAUSED, DRAINING ->
          new Health(Health.Status.DEGRADED, group + " is " + state + describe(lastTrouble), proof);
      case CREATED, STOPPED, FAILED ->
          new Health(Health.Status.DOWN, group + " is " + state + describe(lastTrouble), proof);
    };
  }

  private Health running(String group, @Nullable Instant proof) {
    if (discovery != null && !discovery.trouble().isEmpty()) {
      String detail = ": tenants cannot be listed: " + discovery.trouble();
      return new Health(Health.Status.DEGRADED, group + detail, proof);
    }
    if (discovery != null && roster.tenants().isEmpty()) {
      return new Health(Health.Status.UP, group + " has no tenants now", proof);
    }
    Duration quiet = settings.lease().compareTo(QUIET) > 0 ? settings.lease() : QUIET;
    if (proof == null || !proof.plus(quiet).isAfter(settings.clock().instant())) {
      return new Health(Health.Status.DEGRADED, group + " has heard nothing of Redis", proof);
    }
    Health refused = refused(group, proof);
    if (refused != null) {
      return refused;
    }
    List<Stops.Stop> stops = dispatcher.stops();
    if (!stops.isEmpty()) {
      Stops.Stop first = stops.get(0);
      String detail = " stands still at " + first.attempt().lease() + ": " + first.why();
      String more = stops.size() == 1 ? "" : "; and " + (stops.size() - 1) + " more streams";
      return new Health(Health.Status.DEGRADED, group + detail + more, proof);
    }
    if (dispatcher.stuck() >= settings.concurrency()) {
      String detail = ": all " + settings.concurrency() + " handlers are stuck";
      return new Health(Health.Status.DEGRADED, group + detail, proof);
    }
    if (intake.stall().isStalled()) {
      String detail = ": no handler begins, for the executor runs no task";
      return new Health(Health.Status.DEGRADED, group + detail, proof);
    }
    return new Health(Health.Status.UP, group + " is at work", proof);
  }

  /** Too much cannot be settled: some streams are not read, or none is. Null if all are. */
  private @Nullable Health refused(String group, @Nullable Instant proof) {
    int unsettled = settler.refused();
    List<GroupStream> streams = roster.sources();
    List<GroupStream> unread =
        streams.stream()
            .flatMap(stream -> Stream.of(stream, stream.replay()))
            .filter(GroupStream::isRefused)
            .toList();
    boolean none =
        unsettled >= WorkerSettings.MOST_REFUSED_IN_ALL
            || (!unread.isEmpty() && unread.containsAll(streams));
    if (!none && unread.isEmpty()) {
      return null;
    }
    String detail =
        none
            ? " reads nothing: " + unsettled + " deliveries cannot be settled"
            : " does not read "
                + unread.get(0)
                + (unread.size() == 1 ? "" : " and " + (unread.size() - 1) + " more streams")
                + ": too many of their deliveries cannot be settled, "
                + unsettled
                + " in all";
    return new Health(none ? Health.Status.DOWN : Health.Status.DEGRADED, group + detail, proof);
  }

  private static String describe(String trouble) {
    return trouble.isEmpty() ? "" : "; last trouble: " + trouble;
  }
}

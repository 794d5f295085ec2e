package dev.tandem.streams.internal.work;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.streams.TenantSource;
import dev.tandem.streams.internal.wire.Pipelines;
import dev.tandem.tenant.IncompleteTenantsException;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks now and then which tenants there are. Those that have a stream of the worker's topics are
 * served from then on; those that are not listed any more, or have none any more, are let go, but
 * not by a list that may be incomplete.
 */
final class Discovery implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Discovery.class);
  private static final int AT_A_TIME = 100;

  private final Shared shared;
  private final TenantSource source;
  private final Roster roster;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile String trouble = "";

  Discovery(Shared shared, TenantSource source, Roster roster) {
    this.shared = shared;
    this.source = source;
    this.roster = roster;
  }

  /** Why the tenants could not be listed the last time; empty if they could. */
  String trouble() {
    return trouble;
  }

  /** Ends the thread after what it does now. */
  void stop() {
    stop.countDown();
  }

  @Override
  public void run() {
    do {
      try {
        note(look());
      } catch (InterruptedException e) {
        LOG.debug("interrupted, which does not end the discovery of tenants");
      } catch (Exception | Error e) {
        note(e);
      }
    } while (!isStopped());
  }

  private void note(@Nullable Throwable problem) {
    if (problem != null && trouble.isEmpty()) {
      LOG.warn(
          "group {}: tenants could not be listed, will be tried again",
          shared.settings().group(),
          problem);
    }
    trouble = problem == null ? "" : String.valueOf(problem.getMessage());
  }

  private boolean isStopped() {
    try {
      return stop.await(shared.settings().lookForTenants().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      LOG.debug("interrupted, which does not end the discovery of tenants");
      return stop.getCount() == 0;
    }
  }

  /** Returns why not all is known of who is there and has a stream; null if it is. */
  private @Nullable Throwable look() throws Exception {
    try {
      Set<Tenant> listed = new LinkedHashSet<>(source.tenants());
      Throwable unclear = serve(listed);
      letGoAllBut(listed);
      return unclear;
    } catch (IncompleteTenantsException e) {
      serve(e.found());
      return e;
    }
  }

  /** Returns why it is not known of some tenants whether they have a stream; null if it is. */
  private @Nullable Throwable serve(Set<Tenant> listed) {
    Existing existing = new Existing();
    Set<Tenant> served = roster.tenants();
    List<Tenant> others = listed.stream().filter(tenant -> !served.contains(tenant)).toList();
    for (int from = 0; from < others.size() && stop.getCount() > 0; from += AT_A_TIME) {
      List<Tenant> some = others.subList(from, Math.min(others.size(), from + AT_A_TIME));
      for (Tenant tenant : existing.of(some)) {
        if (roster.size() >= WorkerSettings.MOST_TENANTS) {
          throw new IllegalStateException(
              "there are more than " + WorkerSettings.MOST_TENANTS + " tenants; the rest waits");
        }
        roster.add(tenant, true);
      }
    }
    return existing.unclear;
  }

  private void letGoAllBut(Set<Tenant> listed) {
    Set<Tenant> emptied = roster.emptied();
    for (Tenant tenant : roster.found()) {
      if (!listed.contains(tenant) || emptied.contains(tenant)) {
        CompletableFuture<Void> unused = roster.remove(tenant);
      }
    }
  }

  /** Looks who has one of the streams. */
  private final class Existing {
    private final KeyLayout keys = KeyLayout.of(shared.redis());
    private @Nullable MessagingException unclear;

    Set<Tenant> of(List<Tenant> some) {
      List<Command> commands = new ArrayList<>();
      List<Tenant> concerned = new ArrayList<>();
      for (Tenant tenant : some) {
        for (Binding<?> binding : shared.settings().bindings()) {
          StreamKeys stream = keys.stream(tenant, binding.topic().name());
          commands.add(Command.of("EXISTS").key(stream.stream()).repeatable());
          concerned.add(tenant);
        }
      }
      Set<Tenant> existing = new LinkedHashSet<>();
      List<@Nullable Object> replies = Pipelines.executeAll(shared.redis(), commands);
      for (int i = 0; i < replies.size(); i++) {
        if (replies.get(i) instanceof Long count && count > 0) {
          existing.add(concerned.get(i));
        } else if (replies.get(i) instanceof MessagingException e) {
          unclear = e;
        }
      }
      return existing;
    }
  }
}

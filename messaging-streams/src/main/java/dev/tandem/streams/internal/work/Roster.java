package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.Counters;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Load;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tenants that a worker serves, and their streams. A tenant that is removed stays until nothing
 * of it is held; added again meanwhile, it is served again after that. Safe for use by many
 * threads.
 */
final class Roster {
  /** What a worker does with the streams of its tenants. */
  interface Crew {
    /** This stream, and what is replayed from it, is served from now on. */
    void board(Course<?> course, GroupStream stream, Flow flow);

    /** Nothing more of it is to be taken. */
    void leave(GroupStream stream);

    /** Nothing of it is left. */
    void gone(Course<?> course, GroupStream stream);

    /** A tenant was told to leave. */
    void parting(Served tenant);
  }

  private final Shared shared;
  private final KeyLayout keys;
  private final List<Course<?>> courses;
  private final Crew crew;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Tenant, Served> tenants = new LinkedHashMap<>();

  /** Who comes again when it has left, and whether it was discovered. */
  private final Map<Tenant, Boolean> comingBack = new LinkedHashMap<>();

  private final Map<GroupStream, String> topics = new ConcurrentHashMap<>();

  Roster(Shared shared, List<Course<?>> courses, Crew crew) {
    this.shared = shared;
    this.keys = KeyLayout.of(shared.redis());
    this.courses = List.copyOf(courses);
    this.crew = crew;
  }

  /** Serves a tenant, unless it does already; whether it did not. */
  boolean add(Tenant tenant, boolean found) {
    lock.lock();
    try {
      Served known = tenants.get(tenant);
      if (known == null) {
        board(tenant, found);
        return true;
      }
      if (known.isLeaving()) {
        return comingBack.put(tenant, found) == null;
      }
      if (known.found() && !found) {
        // Asked for from now on: it stays whatever is found, as the entry says.
        tenants.put(tenant, new Served(tenant, false, known.streams(), known.left()));
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void board(Tenant tenant, boolean found) {
    Served served = new Served(tenant, found);
    Load load = new Load();
    Flow flow = new Flow();
    String group = shared.settings().group();
    for (Course<?> course : courses) {
      String topic = course.topic().name();
      Counters counted = new Counters(shared.redis().metrics(), topic, group);
      GroupStream stream =
          new GroupStream(tenant, keys.stream(tenant, topic).group(group), counted, load, found);
      served.streams().put(course, stream);
      topics.put(stream, topic);
      topics.put(stream.replay(), topic);
    }
    tenants.put(tenant, served);
    served.streams().forEach((course, stream) -> crew.board(course, stream, flow));
  }

  /** Serves a tenant no more; completes when nothing of it is held. */
  CompletableFuture<Void> remove(Tenant tenant) {
    Served served;
    lock.lock();
    try {
      served = tenants.get(tenant);
      comingBack.remove(tenant);
      if (served == null) {
        return CompletableFuture.completedFuture(null);
      }
      if (served.isLeaving()) {
        return served.left().copy();
      }
      for (GroupStream stream : served.streams().values()) {
        stream.leave();
        stream.replay().leave();
        crew.leave(stream);
      }
    } finally {
      lock.unlock();
    }
    crew.parting(served);
    return served.left().copy();
  }

  /** Nothing of a tenant is left here. */
  void left(Served served) {
    lock.lock();
    try {
      tenants.remove(served.tenant());
      served
          .streams()
          .forEach(
              (course, stream) -> {
                topics.remove(stream);
                topics.remove(stream.replay());
                crew.gone(course, stream);
              });
      Boolean found = comingBack.remove(served.tenant());
      if (found != null) {
        board(served.tenant(), found);
      }
    } finally {
      lock.unlock();
    }
    served.left().complete(null);
  }

  /** Those that are served now. */
  Set<Tenant> tenants() {
    Set<Tenant> all = new LinkedHashSet<>();
    forEachServed(
        served -> {
          if (!served.isLeaving()) {
            all.add(served.tenant());
          }
        });
    return all;
  }

  /** Those of them that were discovered. */
  Set<Tenant> found() {
    Set<Tenant> all = new LinkedHashSet<>();
    forEachServed(
        served -> {
          if (served.found() && !served.isLeaving()) {
            all.add(served.tenant());
          }
        });
    return all;
  }

  /** Those of them that have no stream any more. */
  Set<Tenant> emptied() {
    Set<Tenant> all = new LinkedHashSet<>();
    forEachServed(
        served -> {
          if (served.streams().values().stream().allMatch(GroupStream::isGone)) {
            all.add(served.tenant());
          }
        });
    return all;
  }

  /** The worker has ended: it sees nothing, and nobody waits for a tenant to leave any more. */
  void end() {
    forEachServed(
        served -> {
          served.streams().forEach((course, stream) -> course.gauges().leave(stream));
          if (served.isLeaving()) {
            served.left().complete(null);
          }
        });
  }

  /** How many are served, or leave. */
  int size() {
    lock.lock();
    try {
      return tenants.size();
    } finally {
      lock.unlock();
    }
  }

  private void forEachServed(Consumer<Served> what) {
    List<Served> all;
    lock.lock();
    try {
      all = List.copyOf(tenants.values());
    } finally {
      lock.unlock();
    }
    all.forEach(what);
  }

  /** Does this with each stream that is not a replay, topic by topic. */
  void forEach(BiConsumer<String, GroupStream> what) {
    for (Course<?> course : courses) {
      forEachServed(
          served -> {
            GroupStream stream = served.streams().get(course);
            if (stream != null) {
              what.accept(course.topic().name(), stream);
            }
          });
    }
  }

  /** All streams that are not replays. */
  List<GroupStream> sources() {
    List<GroupStream> all = new ArrayList<>();
    forEach((topic, stream) -> all.add(stream));
    return all;
  }

  /** All streams. */
  List<GroupStream> streams() {
    List<GroupStream> all = sources();
    all.addAll(all.stream().map(GroupStream::replay).toList());
    return all;
  }

  /** The topic of a stream, or empty if it is not served any more. */
  String topic(GroupStream stream) {
    @Nullable String topic = topics.get(stream);
    return topic == null ? "" : topic;
  }
}

package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's stream as the group sees it, how far the group is known to have come, and where what
 * happens there is counted.
 */
public final class GroupStream {
  private final Tenant tenant;
  private final GroupKeys keys;
  private final Counters counters;
  private final Load load;
  private final boolean onlyIfThere;
  private final AtomicReference<@Nullable EntryId> position = new AtomicReference<>();
  private final @Nullable GroupStream replay;
  private final GroupMemory memory = new GroupMemory();
  private final Gate gate = new Gate();
  private volatile String mark = "";
  private final AtomicInteger unsettled = new AtomicInteger();
  private volatile boolean held;
  private volatile boolean refused;
  private volatile boolean leaving;
  private volatile boolean gone;
  private volatile String aside = "";
  private volatile @Nullable GroupReading reading;

  /** A stream by itself, which is made if it is missing. */
  public GroupStream(Tenant tenant, GroupKeys keys, Counters counters) {
    this(tenant, keys, counters, new Load(), false);
  }

  /**
   * One of the streams of a tenant.
   *
   * @param load of all of them
   * @param onlyIfThere whether the stream is never made where it is missing
   */
  public GroupStream(
      Tenant tenant, GroupKeys keys, Counters counters, Load load, boolean onlyIfThere) {
    this.tenant = tenant;
    this.keys = keys;
    this.counters = counters;
    this.load = load;
    this.onlyIfThere = onlyIfThere;
    this.replay =
        keys.isReplay()
            ? null
            : new GroupStream(tenant, keys.replay(), counters, load, onlyIfThere);
  }

  public Tenant tenant() {
    return tenant;
  }

  /** The counts of the stream's topic. */
  public Counters counters() {
    return counters;
  }

  /** The stream of what is replayed to this group alone; itself if it is that. */
  public GroupStream replay() {
    return replay == null ? this : replay;
  }

  /** Whether this is the stream of what is replayed to the group. */
  public boolean isReplay() {
    return replay == null;
  }

  /** What is held of its tenant. */
  public Load load() {
    return load;
  }

  /** Whether it is served only while it exists, and never made. */
  public boolean isOnlyIfThere() {
    return onlyIfThere;
  }

  /** The group's keys. */
  public GroupKeys keys() {
    return keys;
  }

  public String group() {
    return keys.group();
  }

  /** The keys of the stream that all groups read. */
  public StreamKeys source() {
    return keys.source();
  }

  public RedisKey stream() {
    return keys.stream();
  }

  public RedisKey due() {
    return keys.due();
  }

  public RedisKey dead() {
    return keys.dead();
  }

  /** The hash of what the tenant may have; the last key of every script that makes dead letters. */
  public RedisKey limits() {
    return keys.source().limits();
  }

  public RedisKey sweep() {
    return keys.sweep();
  }

  /** The hash in which is noted which group this is, beside what trimming notes there. */
  public RedisKey account() {
    return keys.source().trim();
  }

  /** Who settled, or made dead letters of, what was pending in a group that was lost. */
  public RedisKey told() {
    return keys.receipt(isReplay() ? "lost-replays" : "lost");
  }

  /** What the names of what is noted about this stream begin with. */
  public String accountPrefix() {
    return isReplay() ? "replay-" : "";
  }

  /** The last entry known to have been delivered to the group, or null before anything is known. */
  public @Nullable EntryId position() {
    return position.get();
  }

  /** The group has come at least this far. */
  public void advance(EntryId to) {
    position.updateAndGet(known -> known == null || known.compareTo(to) < 0 ? to : known);
  }

  /** The group stands here now: it was created anew. */
  public void reset(EntryId at) {
    position.set(at);
  }

  /** It is not read any more, and nothing is known of it. */
  public void forget() {
    position.set(null);
    mark = "";
    reading = null;
  }

  /** Says whether new entries are not to be read for now, for too many wait already. */
  public void hold(boolean held) {
    this.held = held;
  }

  public boolean isHeld() {
    return held;
  }

  /** So many more of its deliveries could not be settled, or fewer; how many there are now. */
  public int addUnsettled(int more) {
    return unsettled.addAndGet(more);
  }

  /** How many of its deliveries could not be settled, and are tried again. */
  public int unsettled() {
    return unsettled.get();
  }

  /** Says whether nothing is to be taken for now, for too much could not be settled. */
  public void refuse(boolean refused) {
    this.refused = refused;
  }

  public boolean isRefused() {
    return refused;
  }

  /** The member stops serving it: nothing more of it is taken. */
  public void leave() {
    leaving = true;
  }

  public boolean isLeaving() {
    return leaving;
  }

  /** Says whether it was found to be missing and is not to be made. */
  public void gone(boolean now) {
    gone = now;
  }

  /** Whether nothing of it may be written any more, for its tenant has none of it. */
  public boolean isGone() {
    return gone;
  }

  /** Says why it cannot be read, or with nothing that it can. */
  public void setAside(String why) {
    aside = why;
  }

  /** Why it cannot be read; empty if it can. */
  public String aside() {
    return aside;
  }

  /** Whether new entries may be read. */
  public boolean isReadable() {
    return !held && !refused;
  }

  /** What was last seen of the group, or null. */
  public @Nullable GroupReading reading() {
    return reading;
  }

  /** This was seen of the group. */
  public void read(GroupReading now) {
    reading = now;
  }

  /** What tells this group from another that was made under its name; empty if not known. */
  public String mark() {
    return mark;
  }

  /** It is this group from now on. */
  public void mark(String now) {
    mark = now;
  }

  /** What settling its deliveries and giving them back to the group go through. */
  public Gate gate() {
    return gate;
  }

  /** What is remembered in case that the group is lost. */
  public GroupMemory memory() {
    return memory;
  }

  @Override
  public String toString() {
    return keys.toString();
  }
}

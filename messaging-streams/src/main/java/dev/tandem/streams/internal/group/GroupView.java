package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.GroupCommands.PendingRow;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group as {@code look.lua} saw it.
 *
 * @param position the last entry delivered to it
 * @param mark its mark, or empty
 * @param nextDueMillis when the next retry is due, or -1
 * @param ourTurn whether there is something to sweep, and nobody else is about to
 * @param astray whether entries that wait for a retry have no due time
 * @param lapsed consumers that hold something and were silent for a lease time
 * @param othersHeld what other consumers hold, apart from what waits for a retry
 * @param knownUpTo up to where that is everything
 * @param old consumers that hold nothing and were silent for long
 * @param failure what was in the way, or empty
 * @param toReplay how many entries are in the replay stream
 * @param counts its numbers
 * @param forgotten whether something is pending under our name that was not renewed for a lease
 *     time: perhaps we do not know of it
 */
public record GroupView(
    EntryId position,
    String mark,
    long nextDueMillis,
    boolean ourTurn,
    boolean astray,
    List<String> lapsed,
    List<PendingRow> othersHeld,
    EntryId knownUpTo,
    List<String> old,
    String failure,
    long toReplay,
    GroupCounts counts,
    boolean forgotten) {

  /** Reads a reply; null if there is no such group. */
  public static @Nullable GroupView of(@Nullable Object raw) {
    List<@Nullable Object> reply = Replies.list(raw);
    if (reply.isEmpty()) {
      return null;
    }
    EntryId position = EntryId.parse(Replies.text(reply.get(0)));
    List<PendingRow> held = new ArrayList<>();
    List<String> lapsed = new ArrayList<>();
    EntryId knownUpTo = position;
    for (Object consumer : Replies.list(reply.get(5))) {
      List<@Nullable Object> parts = Replies.list(consumer);
      String name = Replies.text(parts.get(0));
      boolean isLapsed = Replies.number(parts.get(1)) == 1;
      if (isLapsed) {
        lapsed.add(name);
      }
      for (int i = 3; i < parts.size(); i += 2) {
        held.add(
            new PendingRow(
                EntryId.parse(Replies.text(parts.get(i))),
                Replies.number(parts.get(i + 1)),
                isLapsed ? "" : name));
      }
      if (Replies.number(parts.get(2)) == 1) {
        EntryId last = held.get(held.size() - 1).id();
        knownUpTo = last.compareTo(knownUpTo) < 0 ? last : knownUpTo;
      }
    }
    return new GroupView(
        position,
        Replies.text(reply.get(1)),
        Replies.number(reply.get(2)),
        Replies.number(reply.get(3)) == 1,
        Replies.number(reply.get(4)) == 1,
        lapsed,
        held,
        knownUpTo,
        Replies.list(reply.get(6)).stream().map(Replies::text).toList(),
        Replies.text(reply.get(7)),
        Replies.number(reply.get(8)),
        GroupCounts.of(reply.get(9)),
        Replies.number(reply.get(10)) == 1);
  }

  /** Whether nothing is going on that might soon call for something to be done. */
  public boolean isQuiet() {
    return nextDueMillis < 0 && othersHeld.isEmpty() && !astray;
  }
}

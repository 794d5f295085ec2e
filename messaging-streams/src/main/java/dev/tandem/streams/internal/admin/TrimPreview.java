package dev.tandem.streams.internal.admin;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.GroupLoss;
import dev.tandem.streams.TrimReport;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.trim.TrimRule;
import dev.tandem.streams.internal.trim.TrimStep;
import dev.tandem.tenant.StreamKeys;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts what a trimming would remove, by reading through it; for one thread, once. */
public final class TrimPreview {
  /** The most entries that are counted. */
  public static final long MOST_COUNTED = 100_000;

  private static final int PAGE = 500;

  private final CommandExecutor executor;
  private final StreamKeys keys;
  private final TrimRule rule;
  private final Map<String, Long> unread = new LinkedHashMap<>();
  private final Map<String, Long> pending = new LinkedHashMap<>();
  private long counted;
  private boolean complete = true;
  private String from = "-";

  /** A preview of what this rule would remove. */
  public TrimPreview(CommandExecutor executor, StreamKeys keys, TrimRule rule) {
    this.executor = executor;
    this.keys = keys;
    this.rule = rule;
  }

  /** Counts. */
  public TrimReport count() {
    TrimStep plan = TrimStep.ask(executor, keys, rule);
    if (!plan.free().isEmpty()) {
      countTo(EntryId.parse(plan.free()), Long.MAX_VALUE);
    }
    long room = plan.length() - counted - plan.keep();
    if (!plan.cut().isEmpty() && room > 0 && complete) {
      countLosses(plan, room);
    }
    List<GroupLoss> losses = new ArrayList<>();
    for (TrimStep.GroupRow group : plan.groups()) {
      GroupLoss loss =
          new GroupLoss(
              group.name(),
              unread.getOrDefault(group.name(), 0L),
              pending.getOrDefault(group.name(), 0L));
      if (loss.total() > 0) {
        losses.add(loss);
      }
    }
    return new TrimReport(counted, plan.length() - counted, complete, losses, complete);
  }

  // From one group's position to the next, as the trimming itself goes.
  private void countLosses(TrimStep plan, long room) {
    EntryId cut = EntryId.parse(plan.cut());
    String begin = from;
    long left = room;
    List<EntryId> marks =
        new ArrayList<>(
            plan.groups().stream()
                .map(group -> next(group.delivered()))
                .filter(mark -> mark.compareTo(cut) < 0)
                .sorted()
                .distinct()
                .toList());
    marks.add(cut);
    for (EntryId mark : marks) {
      long count = left > 0 && complete ? countTo(mark, left) : 0;
      left -= count;
      for (TrimStep.GroupRow group : plan.groups()) {
        if (count > 0 && next(group.delivered()).compareTo(mark) < 0) {
          unread.merge(group.name(), count, Long::sum);
        }
      }
    }
    if (!from.equals(begin)) {
      for (TrimStep.GroupRow group : plan.groups()) {
        countPending(group, begin);
      }
    }
  }

  /** Counts up to so many entries below a mark, from where counting stands. */
  private long countTo(EntryId mark, long most) {
    long allowed = Math.min(most, MOST_COUNTED - counted);
    EntryCount found = EntryCount.of(executor, keys.stream(), from, "(" + mark, allowed);
    counted += found.count();
    complete &= found.complete() || found.count() >= most;
    EntryId last = found.last();
    if (last != null) {
      from = "(" + last;
    }
    return found.count();
  }

  private void countPending(TrimStep.GroupRow group, String begin) {
    EntryId first = firstFrom(begin);
    EntryId reached = EntryId.parse(from.substring(1));
    EntryId last = group.delivered().compareTo(reached) < 0 ? group.delivered() : reached;
    String next = first.toString();
    while (true) {
      Command command =
          Command.of("XPENDING")
              .key(keys.stream())
              .arg(group.name())
              .arg(next)
              .arg(last.toString())
              .arg(PAGE)
              .repeatable();
      List<@Nullable Object> rows = Replies.list(executor.execute(command));
      pending.merge(group.name(), (long) rows.size(), Long::sum);
      if (rows.size() < PAGE) {
        return;
      }
      next = "(" + Replies.text(Replies.list(rows.get(PAGE - 1)).get(0));
    }
  }

  private EntryId firstFrom(String begin) {
    Command command =
        Command.of("XRANGE").key(keys.stream()).arg(begin).arg("+").arg("COUNT").arg(1);
    List<@Nullable Object> entries = Replies.list(executor.execute(command.repeatable()));
    return entries.isEmpty()
        ? EntryId.NONE
        : EntryId.parse(Replies.text(Replies.list(entries.get(0)).get(0)));
  }

  private static EntryId next(EntryId id) {
    return id.sequence() != -1
        ? new EntryId(id.millis(), id.sequence() + 1)
        : id.millis() != -1 ? new EntryId(id.millis() + 1, 0) : id;
  }
}

package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Membership;
import java.time.Duration;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks through a stream's pending entries for deliveries that their consumers have let lapse, by
 * turns with the other members of the group, some pages at a time. For one thread at a time.
 */
final class LapsedWork {
  private static final Logger LOG = LoggerFactory.getLogger(LapsedWork.class);
  private static final Duration RAREST = Duration.ofSeconds(5);
  private static final Duration LEAST = Duration.ofMillis(25);
  private static final int PAGES_AT_A_TIME = 5;
  private static final String FIRST_PAGE = "-";

  private final Membership member;
  private final GroupStream stream;
  private final int maxDeliveries;
  private final Duration every;
  private long nextAt = System.nanoTime();

  /** Where a round that was begun goes on, or empty. */
  private String from = "";

  LapsedWork(Membership member, GroupStream stream, int maxDeliveries) {
    this.member = member;
    this.stream = stream;
    this.maxDeliveries = maxDeliveries;
    Duration quarter = member.settings().lease().dividedBy(4);
    this.every =
        quarter.compareTo(RAREST) > 0 ? RAREST : quarter.compareTo(LEAST) < 0 ? LEAST : quarter;
  }

  /** Takes up to so many, if it is time to look for them. */
  void take(CommandExecutor executor, Lane lane, int most) {
    if (most <= 0 || (from.isEmpty() && !isTime(executor))) {
      return;
    }
    int room = most;
    for (int page = 0; page < PAGES_AT_A_TIME && room > 0 && !from.isEmpty(); page++) {
      long sent = System.nanoTime();
      GroupCommands.Swept swept =
          member
              .commands()
              .sweep(
                  executor, stream, member.settings().lease(), maxDeliveries, "", from, room, true);
      lane.admit(stream, swept.taken(), sent);
      int taken = swept.taken().entries().size();
      room -= taken;
      // A page that was cut short for want of room is looked through again.
      from = taken > 0 && room <= 0 ? from : swept.next();
      count(swept);
    }
  }

  private boolean isTime(CommandExecutor executor) {
    long now = System.nanoTime();
    if (nextAt - now > 0) {
      return false;
    }
    RandomGenerator random = member.settings().random();
    nextAt = now + every.toNanos() * 4 / 5 + random.nextLong(every.toNanos() * 2 / 5 + 1);
    rememberPosition(executor);
    if (isOurTurn(executor)) {
      from = FIRST_PAGE;
      return true;
    }
    return false;
  }

  private void count(GroupCommands.Swept swept) {
    stream.counters().deadLettered.add(swept.buried() - swept.taken().lost());
    stream
        .counters()
        .takenOver
        .add(
            swept.taken().entries().stream()
                .filter(entry -> !entry.from().equals(ConsumerName.RELEASED))
                .count());
    if (!swept.failure().isEmpty()) {
      LOG.warn(
          "{}: a dead letter could not be written, will be tried again: {}",
          stream,
          swept.failure());
    }
  }

  private boolean isOurTurn(CommandExecutor executor) {
    Command turn =
        Command.of("SET")
            .key(stream.sweep())
            .arg(member.settings().consumer())
            .arg("NX")
            .arg("PX")
            .arg(Math.max(1, every.toMillis() * 3 / 4));
    try {
      return executor.execute(turn) != null;
    } catch (MessagingException e) {
      if (e.code() == ErrorCode.OUT_OF_MEMORY) {
        return true; // taking turns saves work only, and taking over needs no memory
      }
      throw e;
    }
  }

  private void rememberPosition(CommandExecutor executor) {
    Command groups = Command.of("XINFO").arg("GROUPS").key(stream.stream()).repeatable();
    for (Object group : Replies.list(executor.execute(groups))) {
      Map<String, @Nullable Object> info = Replies.map(group);
      if (stream.group().equals(Replies.textOrNull(info.get("name")))) {
        stream.advance(EntryId.parse(Replies.text(info.get("last-delivered-id"))));
      }
    }
  }
}

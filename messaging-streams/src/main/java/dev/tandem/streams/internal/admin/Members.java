package dev.tandem.streams.internal.admin;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.ConsumerInfo;
import dev.tandem.streams.MessageState;
import dev.tandem.streams.PendingMessage;
import dev.tandem.streams.PendingQuery;
import dev.tandem.streams.PendingSummary;
import dev.tandem.streams.ReleaseOutcome;
import dev.tandem.streams.RemovedConsumer;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.ConsumerName;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The consumers of a group and what is pending under their names. */
public final class Members {
  private static final int PAGE = 100;

  private final CommandExecutor executor;
  private final GroupKeys group;

  /** The members of this group. */
  public Members(CommandExecutor executor, GroupKeys group) {
    this.executor = executor;
    this.group = group;
  }

  /** All consumers. */
  public List<ConsumerInfo> list() {
    Command command =
        Command.of("XINFO").arg("CONSUMERS").key(group.stream()).arg(group.group()).repeatable();
    List<ConsumerInfo> consumers = new ArrayList<>();
    for (Object one : Replies.list(ask(command))) {
      Map<String, @Nullable Object> info = Replies.map(one);
      String name = Replies.text(info.get("name"));
      if (ConsumerName.isMark(name)) {
        continue; // says something about the group, and consumes nothing
      }
      consumers.add(
          new ConsumerInfo(
              name,
              Replies.number(info.get("pending")),
              Duration.ofMillis(Replies.number(info.get("idle"))),
              ConsumerName.isReserved(name)));
    }
    return List.copyOf(consumers);
  }

  /** Deletes a consumer that has nothing pending; whether it did. */
  public boolean deleteIdle(String consumer) {
    requireOrdinary(consumer);
    return Replies.number(delete(consumer, false).get(0)) == 1;
  }

  // Without its mark a group would pass for another one, and be given back what it has handled.
  private static void requireOrdinary(String consumer) {
    if (ConsumerName.isReserved(consumer)) {
      throw new InvalidValueException(
          "consumer", consumer, "must not be one that Tandem keeps for itself");
    }
  }

  /** Hands over what a consumer has, and deletes it. */
  public RemovedConsumer handOverAndDelete(String consumer) {
    requireOrdinary(consumer);
    long handed = 0;
    long buried = 0;
    while (true) {
      List<@Nullable Object> reply = delete(consumer, true);
      handed += Replies.number(reply.get(1));
      buried += Replies.number(reply.get(2));
      String failure = Replies.text(reply.get(3));
      if (!failure.isEmpty()) {
        throw new ServerErrorException(
            ErrorCode.SERVER_ERROR,
            true,
            "consumer '" + consumer + "' stays: a dead letter could not be written: " + failure,
            null);
      }
      if (Replies.number(reply.get(0)) == 1) {
        return new RemovedConsumer(handed, buried);
      }
    }
  }

  private List<@Nullable Object> delete(String consumer, boolean handOver) {
    Command command =
        AdminScripts.DELETE_CONSUMER
            .call(group.stream(), group.due(), group.dead(), group.source().limits())
            .arg(group.group())
            .arg(consumer)
            .arg(ConsumerName.RELEASED)
            .arg(handOver ? 1 : 0)
            .arg(PAGE);
    List<@Nullable Object> reply = Replies.list(ask(command));
    if (Replies.number(reply.get(0)) < 0) {
      throw new InvalidValueException("consumer", consumer, "is not known to " + group);
    }
    return reply;
  }

  /** What is pending, counted. */
  public PendingSummary summary() {
    Command command = Command.of("XPENDING").key(group.stream()).arg(group.group()).repeatable();
    List<@Nullable Object> reply = Replies.list(ask(command));
    Map<String, Long> leased = new LinkedHashMap<>();
    for (Replies.Pair one : Replies.pairs(reply.get(3))) {
      leased.put(Replies.text(one.key()), Replies.number(one.value()));
    }
    long waiting = taken(leased, ConsumerName.PARKED);
    long released = taken(leased, ConsumerName.RELEASED);
    long orphaned = taken(leased, ConsumerName.ORPHANED);
    return new PendingSummary(
        Replies.number(reply.get(0)),
        waiting,
        released,
        orphaned,
        messageId(reply.get(1)),
        messageId(reply.get(2)),
        leased);
  }

  private static long taken(Map<String, Long> counts, String consumer) {
    Long count = counts.remove(consumer);
    return count == null ? 0 : count;
  }

  private static @Nullable MessageId messageId(@Nullable Object id) {
    return id == null ? null : MessageId.of(Replies.text(id));
  }

  /** What is pending, one by one. */
  public List<PendingMessage> pending(PendingQuery query, int limit) {
    MessageId after = query.after();
    Command command =
        Command.of("XPENDING")
            .key(group.stream())
            .arg(group.group())
            .arg("IDLE")
            .arg(query.minIdle().toMillis())
            .arg(after == null ? "-" : "(" + EntryId.parse(after.value()))
            .arg("+")
            .arg(limit);
    String consumer = query.consumer();
    if (consumer != null) {
      command.arg(consumer);
    }
    List<PendingMessage> rows = new ArrayList<>();
    for (Object row : Replies.list(ask(command.repeatable()))) {
      List<@Nullable Object> parts = Replies.list(row);
      String name = Replies.text(parts.get(1));
      rows.add(
          new PendingMessage(
              MessageId.of(Replies.text(parts.get(0))),
              stateOf(name),
              name,
              Duration.ofMillis(Replies.number(parts.get(2))),
              Replies.number(parts.get(3)),
              null));
    }
    return withDueTimes(rows);
  }

  private List<PendingMessage> withDueTimes(List<PendingMessage> rows) {
    Command command = Command.of("ZMSCORE").key(group.due());
    List<Integer> waiting = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).state() == MessageState.WAITING) {
        waiting.add(i);
        command.arg(rows.get(i).id().value());
      }
    }
    if (waiting.isEmpty()) {
      return List.copyOf(rows);
    }
    List<@Nullable Object> scores = Replies.list(executor.execute(command.repeatable()));
    for (int i = 0; i < waiting.size(); i++) {
      PendingMessage row = rows.get(waiting.get(i));
      rows.set(
          waiting.get(i),
          new PendingMessage(
              row.id(),
              row.state(),
              row.consumer(),
              row.idle(),
              row.deliveries(),
              time(scores.get(i))));
    }
    return List.copyOf(rows);
  }

  static @Nullable Instant time(@Nullable Object score) {
    String text = Replies.textOrNull(score);
    return text == null || text.isEmpty()
        ? null
        : Instant.ofEpochMilli((long) Double.parseDouble(text));
  }

  /** Hands pending messages back. */
  public Map<MessageId, ReleaseOutcome> release(List<MessageId> ids, Duration minIdle) {
    Map<MessageId, ReleaseOutcome> outcomes = new LinkedHashMap<>();
    for (int from = 0; from < ids.size(); from += PAGE) {
      List<MessageId> page = ids.subList(from, Math.min(ids.size(), from + PAGE));
      Command command =
          AdminScripts.HAND_BACK
              .call(group.stream())
              .arg(group.group())
              .arg(ConsumerName.PARKED)
              .arg(ConsumerName.RELEASED)
              .arg(minIdle.toMillis());
      page.forEach(id -> command.arg(EntryId.parse(id.value()).toString()));
      List<@Nullable Object> reply = Replies.list(ask(command));
      for (int i = 0; i < page.size(); i++) {
        outcomes.put(page.get(i), outcome(Replies.number(reply.get(i))));
      }
    }
    return outcomes;
  }

  private static ReleaseOutcome outcome(long code) {
    return switch ((int) code) {
      case 1 -> ReleaseOutcome.RELEASED;
      case 2 -> ReleaseOutcome.WAITING;
      case 3 -> ReleaseOutcome.NOT_IDLE;
      case 4 -> ReleaseOutcome.DATA_GONE;
      default -> ReleaseOutcome.NOT_PENDING;
    };
  }

  static MessageState stateOf(String consumer) {
    return switch (consumer) {
      case ConsumerName.PARKED -> MessageState.WAITING;
      case ConsumerName.RELEASED -> MessageState.RELEASED;
      case ConsumerName.ORPHANED -> MessageState.ORPHANED;
      default -> MessageState.LEASED;
    };
  }

  /** The keys of the group. */
  GroupKeys group() {
    return group;
  }

  /** Executes a command of the group's; says so if there is no such group. */
  @Nullable Object ask(Command command) {
    try {
      return executor.execute(command);
    } catch (ServerErrorException e) {
      throw isMissing(e) ? Groups.missing(group) : e;
    }
  }

  private static boolean isMissing(MessagingException error) {
    return error.code() == ErrorCode.GROUP_MISSING
        || String.valueOf(error.getMessage()).contains("no such key");
  }
}

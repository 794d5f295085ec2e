package dev.tandem.streams.internal.admin;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.ClaimOutcome;
import dev.tandem.streams.PendingMessage;
import dev.tandem.streams.PendingQuery;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.ConsumerName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes what is pending in a group that of one consumer. */
public final class Claims {
  private static final int PAGE = 100;
  private static final String ANYBODY = "";
  private static final String RESERVED_PREFIX = "tandem-";

  private final Members members;
  private final String consumer;
  private final Duration minIdle;

  /** Claims for this consumer what was idle for so long. */
  public Claims(Members members, String consumer, Duration minIdle) {
    this.members = members;
    this.consumer = consumer;
    this.minIdle = minIdle;
  }

  /** Returns the name if it is one that may be claimed for. */
  public static String checkConsumer(String consumer) {
    if (consumer.startsWith(RESERVED_PREFIX)) {
      throw new InvalidValueException(
          "consumer", consumer, "must not be one that Tandem keeps for itself");
    }
    return consumer;
  }

  /** Claims these, whoever has them. */
  public Map<MessageId, ClaimOutcome> claim(List<MessageId> ids) {
    return claim(ids, ANYBODY);
  }

  /** Claims up to so many of this consumer's. */
  public List<MessageId> claimAll(String from, int limit) {
    if (from.equals(consumer) || from.equals(ConsumerName.PARKED)) {
      throw new InvalidValueException(
          "from", from, "must be another consumer, and none whose messages wait for a retry");
    }
    List<MessageId> claimed = new ArrayList<>();
    PendingQuery query = PendingQuery.all().consumer(from).minIdle(minIdle);
    while (claimed.size() < limit) {
      int wanted = Math.min(PAGE, limit - claimed.size());
      List<MessageId> ids =
          members.pending(query, wanted).stream().map(PendingMessage::id).toList();
      claim(ids, from)
          .forEach(
              (id, outcome) -> {
                if (outcome == ClaimOutcome.CLAIMED) {
                  claimed.add(id);
                }
              });
      if (ids.size() < wanted) {
        break;
      }
      query = query.after(ids.get(ids.size() - 1));
    }
    return List.copyOf(claimed);
  }

  private Map<MessageId, ClaimOutcome> claim(List<MessageId> ids, String from) {
    Map<MessageId, ClaimOutcome> outcomes = new LinkedHashMap<>();
    for (int start = 0; start < ids.size(); start += PAGE) {
      List<MessageId> page = ids.subList(start, Math.min(ids.size(), start + PAGE));
      Command command =
          AdminScripts.CLAIM
              .call(members.group().stream())
              .arg(members.group().group())
              .arg(ConsumerName.PARKED)
              .arg(consumer)
              .arg(from)
              .arg(minIdle.toMillis());
      page.forEach(id -> command.arg(EntryId.parse(id.value()).toString()));
      List<@Nullable Object> reply = Replies.list(members.ask(command));
      for (int i = 0; i < page.size(); i++) {
        outcomes.put(page.get(i), outcome(Replies.number(reply.get(i))));
      }
    }
    return outcomes;
  }

  private static ClaimOutcome outcome(long code) {
    return switch ((int) code) {
      case 1 -> ClaimOutcome.CLAIMED;
      case 2 -> ClaimOutcome.WAITING;
      case 3 -> ClaimOutcome.NOT_IDLE;
      case 4 -> ClaimOutcome.DATA_GONE;
      default -> ClaimOutcome.NOT_PENDING;
    };
  }
}

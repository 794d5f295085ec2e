package dev.tandem.streams.internal.consume;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.DeadLetterReason;
import dev.tandem.streams.internal.group.Gate;
import dev.tandem.streams.internal.group.GroupCommands;
import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.Lease;
import dev.tandem.streams.internal.group.Membership;
import dev.tandem.streams.internal.wire.Pipelines;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settles and extends deliveries, many in one round trip. What a lost reply leaves open is asked
 * again: every script looks first whose the delivery is, so that nothing is done twice. Safe for
 * use by many threads.
 */
final class Settling {
  /** A reply lost, a group lost, and each once more. */
  private static final int ROUNDS = 4;

  private static final long OURS = 1;
  private static final long OTHER_GROUP = -2;
  private static final long DATA_GONE = 2;

  private static final Script ACKNOWLEDGE =
      Script.joined(
          Script.resource(GroupCommands.class, "group.lua"), Settling.class, "acknowledge.lua");

  private final Membership member;

  Settling(Membership member) {
    this.member = member;
  }

  /** Asks until each request has its code or its error. */
  void settle(List<Request> requests) {
    List<Request> open = requests;
    for (int round = 1; round <= ROUNDS && !open.isEmpty(); round++) {
      List<Gate> gates =
          Gate.enterAll(open.stream().map(one -> one.lease.stream().gate()).toList());
      try {
        exchange(open);
      } finally {
        gates.forEach(Gate::leave);
      }
      open = open.stream().filter(this::isToBeAskedAgain).toList();
    }
  }

  private void exchange(List<Request> requests) {
    List<Command> commands = new ArrayList<>();
    List<List<Request>> concerned = new ArrayList<>();
    Map<GroupStream, List<Request>> acknowledged = new LinkedHashMap<>();
    for (Request request : requests) {
      request.code = null;
      request.error = null;
      if (request.lease.isOrphaned() && request.wish instanceof Request.Retry) {
        request.wish = new Request.Bury(DeadLetterReason.PAYLOAD_LOST, "");
      }
      if (request.wish instanceof Request.Acknowledge) {
        acknowledged
            .computeIfAbsent(request.lease.stream(), stream -> new ArrayList<>())
            .add(request);
      } else {
        commands.add(command(request));
        concerned.add(List.of(request));
      }
    }
    acknowledged.forEach(
        (stream, all) -> {
          for (int from = 0; from < all.size(); from += GroupCommands.PAGE) {
            List<Request> page = all.subList(from, Math.min(all.size(), from + GroupCommands.PAGE));
            commands.add(acknowledge(stream, page));
            concerned.add(page);
          }
        });
    long sent = System.nanoTime();
    List<@Nullable Object> replies = Pipelines.executeAll(member.redis(), commands);
    for (int i = 0; i < replies.size(); i++) {
      answered(concerned.get(i), replies.get(i), sent);
    }
  }

  private Command command(Request request) {
    if (request.wish instanceof Request.Retry retry) {
      return member.leases().park(request.lease, retry.delay());
    }
    if (request.wish instanceof Request.Bury bury) {
      return member.leases().bury(request.lease, bury.reason().name(), bury.error());
    }
    GroupStream stream = request.lease.stream();
    return request.lease.isOrphaned()
        ? member.commands().hold(stream, member.settings().lease(), List.of(request.lease))
        : member.leases().renew(stream, List.of(request.lease));
  }

  private Command acknowledge(GroupStream stream, List<Request> requests) {
    Command command =
        ACKNOWLEDGE
            .call(stream.stream(), stream.told(), stream.account())
            .arg(stream.group())
            .arg(member.settings().consumer())
            .arg(stream.mark())
            .arg(stream.isReplay() ? 1 : 0)
            .arg(stream.accountPrefix());
    requests.forEach(
        request -> command.arg(request.lease.id().toString()).arg(request.lease.deliveries()));
    return command;
  }

  private void answered(List<Request> requests, @Nullable Object reply, long sent) {
    List<@Nullable Object> codes;
    try {
      Object answer = Replies.orThrow(reply);
      codes = answer instanceof List<?> ? Replies.list(answer) : List.of(Replies.number(answer));
      for (int i = 0; i < requests.size(); i++) {
        answered(requests.get(i), Replies.number(codes.get(i)), sent);
      }
    } catch (MessagingException e) {
      requests.forEach(request -> failed(request, e));
    }
  }

  private void answered(Request request, long code, long sent) {
    request.code = code;
    if (isSettled(request)) {
      boolean acknowledged = request.wish instanceof Request.Acknowledge;
      member.registry().finish(request.lease, acknowledged);
      member.registry().settled(List.of(request.lease));
    } else if (code >= OURS) {
      if (code == DATA_GONE) {
        request.lease.markDataGone();
      }
      request.lease.confirmed(sent);
    }
  }

  private static void failed(Request request, MessagingException error) {
    request.error = error;
    if (error.code() == ErrorCode.QUOTA_EXCEEDED) {
      request.lease.stream().counters().deadLettersRefused.add(1);
    }
    if (error.code() == ErrorCode.OUTCOME_UNKNOWN && !(request.wish instanceof Request.Extend)) {
      request.perhapsDone = true;
      if (request.wish instanceof Request.Retry) {
        request.lease.markPerhapsParked();
      } else {
        request.lease.markPerhapsDone();
      }
    }
  }

  /** Whether the delivery has come to its end, one way or another. */
  boolean isSettled(Request request) {
    return request.code != null
        && !(request.wish instanceof Request.Extend)
        && !isGroupLost(request);
  }

  private boolean isGroupLost(Request request) {
    Lease lease = request.lease;
    return request.code != null
        && request.code == OTHER_GROUP
        && !lease.isPerhapsDone()
        && !lease.isOrphaned()
        && !lease.isLost();
  }

  private boolean isStale(Lease lease) {
    return lease.isStale(System.nanoTime(), member.settings().lease().toNanos());
  }

  private boolean isToBeAskedAgain(Request request) {
    MessagingException error = request.error;
    if (error != null && error.code() == ErrorCode.OUTCOME_UNKNOWN) {
      return true;
    }
    if (isGroupLost(request) || (error != null && error.code() == ErrorCode.GROUP_MISSING)) {
      try {
        request.lane.feedOf(request.lease).makeGroupAgain();
        return true;
      } catch (MessagingException e) {
        request.error = e;
      }
    }
    return false;
  }

  /**
   * Whether what was asked for is done, by this call or by an earlier one whose reply was lost:
   * then it is not ours any more, but while the lease lasted nobody else can have taken it.
   */
  boolean isDone(Request request) {
    long code = request.code == null ? 0 : request.code;
    Lease lease = request.lease;
    if (lease.isOrphaned()) {
      return code != 0; // what was flushed with its group nobody else can get, but report as lost
    }
    return code >= OURS || (request.perhapsDone && !lease.isLost() && !isStale(lease));
  }

  /** Whether it became a dead letter because its data is gone. */
  static boolean isDataGone(Request request) {
    return request.code != null
        && request.code == DATA_GONE
        && !(request.wish instanceof Request.Extend);
  }
}

package dev.tandem.streams.internal.admin;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.DeletedGroup;
import dev.tandem.streams.Deletion;
import dev.tandem.streams.GroupInfo;
import dev.tandem.streams.Lag;
import dev.tandem.streams.StreamInfo;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.StreamKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What is asked and done about a stream and its groups as such. */
public final class Groups {
  private final CommandExecutor executor;

  /** Asks over this executor. */
  public Groups(CommandExecutor executor) {
    this.executor = executor;
  }

  /** The stream itself. */
  public StreamInfo info(StreamKeys keys) {
    StreamState state = StreamState.of(executor, keys);
    return new StreamInfo(
        state.length(),
        StreamState.messageId(state.first()),
        StreamState.messageId(state.last()),
        MessageId.of(state.lastGenerated().toString()),
        bytes(keys),
        state.groups().size(),
        state.accounted("removed"));
  }

  private OptionalLong bytes(StreamKeys keys) {
    try {
      Object bytes =
          executor.execute(Command.of("MEMORY").arg("USAGE").key(keys.stream()).repeatable());
      return bytes == null ? OptionalLong.empty() : OptionalLong.of(Replies.number(bytes));
    } catch (ServerErrorException e) {
      return OptionalLong.empty(); // not every user may ask, nor every server answer
    }
  }

  /** All groups. */
  public List<GroupInfo> list(StreamKeys keys) {
    StreamState state = StreamState.of(executor, keys);
    List<GroupInfo> groups = new ArrayList<>();
    for (StreamState.Group group : state.groups()) {
      groups.add(
          new GroupInfo(
              group.name(),
              group.consumers(),
              group.pending(),
              MessageId.of(group.delivered().toString()),
              Lags.of(executor, keys.stream(), state, group),
              state.lossOf(group.name())));
    }
    return List.copyOf(groups);
  }

  /** How far a group lags. */
  public Lag lag(StreamKeys keys, GroupKeys group) {
    StreamState state = StreamState.of(executor, keys);
    return Lags.of(executor, keys.stream(), state, find(state, group));
  }

  /** Creates a group after this id; false if there is one of this name. */
  public boolean create(GroupKeys group, String position) {
    try {
      executor.execute(
          Command.of("XGROUP")
              .arg("CREATE")
              .key(group.stream())
              .arg(group.group())
              .arg(position)
              .arg("MKSTREAM"));
      return true;
    } catch (ServerErrorException e) {
      if (String.valueOf(e.getMessage()).contains("BUSYGROUP")) {
        return false;
      }
      throw e;
    }
  }

  /** Sets where a group goes on. */
  public void setPosition(StreamKeys keys, GroupKeys group, String position) {
    find(StreamState.of(executor, keys), group);
    executor.execute(
        Command.of("XGROUP")
            .arg("SETID")
            .key(group.stream())
            .arg(group.group())
            .arg(position)
            .repeatable());
  }

  /** Deletes a message; false if it is not there. */
  public boolean deleteMessage(StreamKeys keys, EntryId id) {
    Command command = Command.of("XDEL").key(keys.stream()).arg(id.toString());
    return Replies.number(executor.execute(command)) == 1;
  }

  /** Deletes a group, or tells what it would lose. */
  public DeletedGroup delete(StreamKeys keys, GroupKeys group, Deletion how) {
    StreamState state = StreamState.of(executor, keys);
    StreamState.Group found = find(state, group);
    Lag unread = Lags.of(executor, keys.stream(), state, found);
    long deadLetters =
        Replies.number(executor.execute(Command.of("XLEN").key(group.dead()).repeatable()));
    if (how == Deletion.DRY_RUN) {
      return new DeletedGroup(false, found.pending(), unread, deadLetters);
    }
    List<@Nullable Object> reply =
        Replies.list(
            executor.execute(
                AdminScripts.DELETE_GROUP
                    .call(group.stream(), group.due(), group.sweep(), keys.trim())
                    .arg(group.group())
                    .arg(how == Deletion.IF_NOTHING_LOST ? 1 : 0)));
    return new DeletedGroup(
        Replies.number(reply.get(0)) == 1, Replies.number(reply.get(1)), unread, deadLetters);
  }

  private static StreamState.Group find(StreamState state, GroupKeys group) {
    return state.groups().stream()
        .filter(one -> one.name().equals(group.group()))
        .findFirst()
        .orElseThrow(() -> missing(group));
  }

  /** There is no such group. */
  static MessagingException missing(GroupKeys group) {
    return new ServerErrorException(
        ErrorCode.GROUP_MISSING,
        false,
        "there is no group '" + group.group() + "' on " + group.stream(),
        null);
  }
}

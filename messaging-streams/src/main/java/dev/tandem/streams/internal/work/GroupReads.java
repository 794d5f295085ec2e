package dev.tandem.streams.internal.work;

import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.GroupStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads new entries of streams and takes them in. For the reader's thread. */
final class GroupReads {
  private static final int AT_A_TIME = 100;

  private final Shared shared;
  private final Intake intake;
  private final ReadStreams streams;

  GroupReads(Shared shared, Intake intake, ReadStreams streams) {
    this.shared = shared;
    this.intake = intake;
    this.streams = streams;
  }

  /** Told how many entries came of a stream; not of those that had none. */
  @FunctionalInterface
  interface Found {
    void of(GroupStream stream, int entries);
  }

  /**
   * Reads up to so many entries of each of some streams in one command.
   *
   * @param wait for how long the server waits for the first one; not at all if zero
   * @return how many it got
   */
  int read(CommandExecutor link, List<GroupStream> some, int count, Duration wait, Found found) {
    Command command = command(some, count, wait);
    // Not when the reply came: it may have lain there for longer than the lease.
    long sent = System.nanoTime();
    Object reply = link.execute(command);
    shared.standing().proven();
    return take(reply, sent, found);
  }

  /** A portion, and what follows upon it, to be {@linkplain #read(DedicatedLink, Row) read}. */
  Row row(Portion first, Rota.Following following) {
    return new Row(first, following);
  }

  /** Reads a row of portions. */
  void read(DedicatedLink link, Row row) {
    link.executeAhead(command(row.asked), row);
  }

  /**
   * Portions in a row: each is asked for when the one before has come and before that is taken in,
   * so that the server reads while this thread decodes.
   */
  final class Row implements DedicatedLink.Succession {
    private final Rota.Following following;
    private Portion asked;
    private long askedNanos = System.nanoTime();
    private List<Came> untaken = List.of();

    /** When they were asked for; not when they came, as above. */
    private long untakenAskedNanos;

    private Row(Portion first, Rota.Following following) {
      this.asked = first;
      this.following = following;
    }

    /** What was asked for last. */
    Portion asked() {
      return asked;
    }

    @Override
    public @Nullable Command next(@Nullable Object reply) {
      shared.standing().proven();
      untaken = came(reply);
      untakenAskedNanos = askedNanos;
      Arrived arrived = new Arrived();
      untaken.forEach(one -> arrived.add(one.stream, one.entries.size()));
      following.came(asked, arrived);
      Portion next = following.next(arrived);
      if (next == null) {
        return null;
      }
      asked = next;
      askedNanos = System.nanoTime();
      return command(next);
    }

    @Override
    public void take(@Nullable Object reply) {
      untaken.forEach(one -> takeIn(one, untakenAskedNanos));
    }
  }

  /**
   * Reads each by a command of its own, wherever it lies; what fails is to be put right.
   *
   * @param troubled told why one could not be read
   */
  int readEach(
      CommandExecutor link,
      List<GroupStream> some,
      int count,
      Found found,
      Consumer<MessagingException> troubled) {
    int taken = 0;
    for (int from = 0; from < some.size(); from += AT_A_TIME) {
      List<GroupStream> page = some.subList(from, Math.min(some.size(), from + AT_A_TIME));
      List<Command> commands = new ArrayList<>(page.size());
      page.forEach(stream -> commands.add(command(List.of(stream), count, Duration.ZERO)));
      long sent = System.nanoTime();
      List<@Nullable Object> replies = executeAll(link, commands);
      for (int i = 0; i < page.size(); i++) {
        if (replies.get(i) instanceof MessagingException error) {
          streams.failed(page.get(i), error);
          troubled.accept(error);
        } else {
          shared.standing().proven();
          taken += take(replies.get(i), sent, found);
        }
      }
    }
    return taken;
  }

  private static List<@Nullable Object> executeAll(CommandExecutor link, List<Command> commands) {
    try {
      return link.executeAll(commands);
    } catch (ClosedException e) {
      throw e;
    } catch (MessagingException nothingSent) {
      return Collections.nCopies(commands.size(), nothingSent);
    }
  }

  private Command command(Portion portion) {
    return command(portion.streams(), portion.count(), Duration.ZERO);
  }

  private Command command(List<GroupStream> some, int count, Duration wait) {
    Command command =
        Command.of("XREADGROUP")
            .arg("GROUP")
            .arg(shared.settings().group())
            .arg(shared.settings().consumer())
            .arg("COUNT")
            .arg(count);
    if (!wait.isZero()) {
      command.arg("BLOCK").arg(Math.max(1, wait.toMillis()));
    }
    command.arg("STREAMS");
    some.forEach(stream -> command.key(stream.stream()));
    some.forEach(stream -> command.arg(">"));
    return command;
  }

  private int take(@Nullable Object reply, long sent, Found found) {
    int taken = 0;
    for (Came one : came(reply)) {
      takeIn(one, sent);
      found.of(one.stream, one.entries.size());
      taken += one.entries.size();
    }
    return taken;
  }

  /** What a reply brought of one stream, as it came. */
  private record Came(GroupStream stream, List<@Nullable Object> entries) {}

  /** What a reply brought, which counts for how much more may be held from now on. */
  private List<Came> came(@Nullable Object reply) {
    List<Came> came = new ArrayList<>();
    for (Replies.Pair one : Replies.pairs(reply)) {
      GroupStream stream = streams.byKey(Replies.text(one.key()));
      List<@Nullable Object> entries = Replies.list(one.value());
      if (stream != null && !entries.isEmpty()) {
        intake.arrived(entries.size(), RawEntry.sizeOf(entries));
        came.add(new Came(stream, entries));
      }
    }
    return came;
  }

  private void takeIn(Came one, long sent) {
    List<RawEntry> raw = new ArrayList<>(one.entries.size());
    one.entries.forEach(entry -> raw.add(RawEntry.of(entry)));
    EntryId last = raw.get(raw.size() - 1).id();
    one.stream.memory().read(raw.get(0).id(), last);
    one.stream.advance(last);
    intake.admitNew(one.stream, raw, sent);
  }
}

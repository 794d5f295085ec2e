package dev.tandem.streams.internal.group;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.GroupCommands.Established;
import dev.tandem.streams.internal.group.GroupCommands.Marked;
import dev.tandem.streams.internal.group.GroupCommands.PendingRow;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes sure that a group exists and that we hold what is pending under our name. */
public final class GroupSetup {
  private static final Duration LONG_AGO = Duration.ofDays(1);
  private static final Logger LOG = LoggerFactory.getLogger(GroupSetup.class);
  private static final int ATTEMPTS = 5;

  /**
   * The longest that members which know of nothing wait for who gives back what was pending; less
   * if its lease is shorter. If it takes longer and lives, entries come twice, and none is lost.
   */
  private static final Duration MOST_PATIENCE = Duration.ofSeconds(10);

  private final Membership member;
  private final Admission admission;
  private final GroupRestore restore;

  public GroupSetup(Membership member, Admission admission) {
    this.member = member;
    this.admission = admission;
    this.restore = new GroupRestore(member);
  }

  /**
   * Creates the group if it is missing. If it is not the group that we knew, what we hold becomes
   * pending in it again; and if nobody who knew the group has done that before, so does what waits
   * for a retry, what others may have held, and what the group has passed over. Where that was
   * begun by a member that did not finish, everything from the first entry that the group may need
   * comes again. What has no data any more has one fate: who held it settles it, or it is reported
   * lost when nothing was heard of its holder for a lease time.
   *
   * <p>A stream that is served only while it exists is {@linkplain GroupStream#isGone() gone} after
   * this if it does not.
   *
   * @throws MessagingException as usual, and {@link ErrorCode#SERVER_BUSY} while another member
   *     gives back what was pending, of which this one knows nothing: then it is to be tried again
   */
  public void establish(CommandExecutor executor, GroupStream stream) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt(executor, stream)) {
        return;
      }
    }
    // Made again by others each time: the next look at the group finds that out.
  }

  /** False if the group was replaced meanwhile. */
  private boolean attempt(CommandExecutor executor, GroupStream stream) {
    EntryId known = stream.position();
    String mark = stream.mark();
    Established now = ask(executor, stream, known);
    if (now.isMissing()) {
      stream.gone(true);
      stream.forget();
      return true;
    }
    stream.gone(false);
    EntryId unfinished = now.unfinished();
    boolean isAnother = !mark.isEmpty() && !now.mark().equals(mark);
    boolean wasLost = known != null && (now.created() || isAnother || unfinished != null);
    tell(stream, now, known);
    if (wasLost && !giveBackHeld(executor, stream, now.mark())) {
      return false;
    }
    String marked = now.mark();
    boolean restores = unfinished != null || (wasLost && !now.restored());
    if (marked.isEmpty() || restores) {
      if (!restore.waiting(executor, stream, now.mark())
          || (restores && !giveBackOthers(executor, stream, known, now))) {
        return false;
      }
      Marked same = member.commands().mark(executor, stream, now.mark(), restores);
      if (!same.sameGroup()) {
        return false;
      }
      marked = same.mark();
    }
    if (!now.created() && (known == null || wasLost) && !lookAround(executor, stream)) {
      return false;
    }
    if (wasLost || now.created()) {
      stream.reset(now.position());
    } else {
      stream.advance(now.position());
    }
    if (now.created()) {
      stream.memory().looked(now.position(), stream.memory().othersHeld());
    }
    stream.mark(marked);
    return true;
  }

  private Established ask(CommandExecutor executor, GroupStream stream, @Nullable EntryId known) {
    Duration lease = member.settings().lease();
    Duration patience = lease.compareTo(MOST_PATIENCE) < 0 ? lease : MOST_PATIENCE;
    // Exclusively: what is on its way to us is among what we hold.
    Established now =
        admission.exclusively(
            () ->
                member
                    .commands()
                    .establish(
                        executor,
                        stream,
                        start(stream, known),
                        known == null ? null : restore.first(stream, known),
                        patience));
    if (now.waitMillis() > 0) {
      throw new MessagingException(
          ErrorCode.SERVER_BUSY,
          true,
          stream
              + " was lost, and another member gives back to it what was pending; if it does not"
              + " finish, that can be done without it in "
              + now.waitMillis()
              + " ms",
          null,
          stream.tenant().name(),
          stream.group());
    }
    return now;
  }

  private boolean giveBackOthers(
      CommandExecutor executor, GroupStream stream, @Nullable EntryId known, Established now) {
    if (known != null) {
      return restore.others(executor, stream, known, now);
    }
    EntryId unfinished = now.unfinished();
    return unfinished == null || restore.unfinished(executor, stream, unfinished, now);
  }

  private static void tell(GroupStream stream, Established now, @Nullable EntryId known) {
    if (now.created() && (known != null || now.unfinished() != null)) {
      stream.counters().groupsRecreated.add(1);
      LOG.warn("{} was gone: created again after {}", stream, now.position());
    } else if (now.created() && now.wasThere()) {
      stream.counters().groupsRecreated.add(1);
      LOG.warn(
          "{} was gone, and it is not known here where it stood: created again after {}, as"
              + " configured; what it had not acknowledged before that is given back only by who"
              + " knows of it",
          stream,
          now.position());
    }
  }

  // What others hold must be known before anything is read: if the group is lost at once, nobody
  // else may be left to tell.
  private boolean lookAround(CommandExecutor executor, GroupStream stream) {
    Command look =
        member.commands().look(stream, member.settings().lease(), Duration.ZERO, LONG_AGO);
    GroupView view = GroupView.of(executor.execute(look));
    if (view == null) {
      return false;
    }
    stream.memory().looked(view.knownUpTo(), view.othersHeld());
    return true;
  }

  private String start(GroupStream stream, @Nullable EntryId known) {
    if (known != null) {
      return known.toString();
    }
    if (stream.isReplay()) {
      return EntryId.NONE.toString();
    }
    StartPosition start = member.settings().startFrom();
    return start.equals(StartPosition.NOW) ? "$" : "=" + start.lastPassedOver();
  }

  private boolean giveBackHeld(CommandExecutor executor, GroupStream stream, String mark) {
    boolean[] same = {true};
    stream.gate().give(() -> same[0] = restore.held(executor, stream, mark));
    return same[0];
  }

  /** Takes what is pending under our name and not held: its reply never reached us. */
  public void takeUnaccounted(CommandExecutor executor, GroupStream stream) {
    String from = "-";
    while (!from.isEmpty()) {
      String page = from;
      from = admission.exclusively(() -> takePage(executor, stream, page));
    }
  }

  private String takePage(CommandExecutor executor, GroupStream stream, String from) {
    List<PendingRow> rows = member.commands().ownPending(executor, stream, from);
    List<PendingRow> unknown =
        rows.stream()
            .filter(
                row -> !member.registry().holds(new Lease.Key(stream, row.id(), row.deliveries())))
            .toList();
    if (!unknown.isEmpty()) {
      long sent = System.nanoTime();
      admission.admit(stream, member.claims().retake(executor, stream, unknown), sent);
    }
    return rows.size() < GroupCommands.PAGE ? "" : "(" + rows.get(rows.size() - 1).id();
  }
}

package dev.tandem.streams.internal.trim;

import com.codahale.metrics.Counter;
import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.GroupLoss;
import dev.tandem.streams.TrimReport;
import dev.tandem.streams.Trimming;
import dev.tandem.tenant.StreamKeys;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trims the streams of one topic, of any tenant.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class Trimmer {
  /** The most script calls, of {@value TrimStep#MOST} entries each, that one run makes. */
  public static final int MOST_CALLS = 200;

  private static final Logger LOG = LoggerFactory.getLogger(Trimmer.class);

  private final Counter removed;
  private final Counter lost;
  private final Counter alarms;
  private final PinAlarms pinned = new PinAlarms();

  /** A trimmer of this topic. */
  public Trimmer(MetricRegistry metrics, String topic) {
    String prefix = "tandem.streams.trim." + topic + '.';
    removed = metrics.counter(prefix + "removed");
    lost = metrics.counter(prefix + "lost");
    alarms = metrics.counter(prefix + "alarms");
  }

  /**
   * Does nothing if another process, or this one, has had its turn within that time. A server that
   * is out of memory is trimmed all the same: it needs that most.
   */
  public Optional<TrimReport> runInTurn(
      CommandExecutor executor, StreamKeys keys, Trimming trimming, Duration every) {
    return runInTurn(executor, keys, trimming, every, MOST_CALLS);
  }

  /** The same, with fewer script calls. Who was in turn may go on with {@link #run} meanwhile. */
  public Optional<TrimReport> runInTurn(
      CommandExecutor executor, StreamKeys keys, Trimming trimming, Duration every, int mostCalls) {
    if (trimming.kind() == Trimming.Kind.NONE || !isOurTurn(executor, keys, every)) {
      return Optional.empty();
    }
    return Optional.of(run(executor, keys, trimming, mostCalls));
  }

  /** Trims a stream, up to {@value #MOST_CALLS} script calls' worth. */
  public TrimReport run(CommandExecutor executor, StreamKeys keys, Trimming trimming) {
    return run(executor, keys, trimming, MOST_CALLS);
  }

  /** Trims a stream, up to so many script calls' worth. */
  public TrimReport run(
      CommandExecutor executor, StreamKeys keys, Trimming trimming, int mostCalls) {
    if (trimming.kind() == Trimming.Kind.NONE) {
      return new TrimReport(0, length(executor, keys), true, List.of(), true);
    }
    Sum sum = runSteps(executor, keys, TrimRule.of(trimming), mostCalls);
    if (trimming.kind() == Trimming.Kind.ACKNOWLEDGED && !sum.last.more()) {
      alarms.inc(pinned.check(keys.stream().text(), trimming, sum.last));
    }
    return sum.report();
  }

  /** Trims a stream by a rule that no topic has. */
  public TrimReport run(CommandExecutor executor, StreamKeys keys, TrimRule rule) {
    return runSteps(executor, keys, rule, MOST_CALLS).report();
  }

  private Sum runSteps(CommandExecutor executor, StreamKeys keys, TrimRule rule, int mostCalls) {
    Sum sum = new Sum(keys, TrimStep.run(executor, keys, rule));
    for (int calls = 1; sum.last.more() && calls < mostCalls; calls++) {
      sum.add(TrimStep.run(executor, keys, rule));
    }
    return sum;
  }

  private static boolean isOurTurn(CommandExecutor executor, StreamKeys keys, Duration every) {
    Command turn =
        Command.of("SET")
            .key(keys.trimTurn())
            .arg("1")
            .arg("NX")
            .arg("PX")
            .arg(Math.max(1, every.toMillis()));
    try {
      return executor.execute(turn) != null;
    } catch (MessagingException e) {
      if (e.code() == ErrorCode.OUT_OF_MEMORY) {
        return true;
      }
      throw e;
    }
  }

  private static long length(CommandExecutor executor, StreamKeys keys) {
    return Replies.number(executor.execute(Command.of("XLEN").key(keys.stream()).repeatable()));
  }

  /** What the calls of one run did together; counted at once, for a later one may fail. */
  private final class Sum {
    private final StreamKeys keys;
    private final Map<String, GroupLoss> losses = new TreeMap<>();
    private long entries;
    private TrimStep last;

    Sum(StreamKeys keys, TrimStep first) {
      this.keys = keys;
      this.last = first;
      count(first);
    }

    void add(TrimStep step) {
      last = step;
      count(step);
    }

    private void count(TrimStep step) {
      entries += step.removed();
      if (!step.foundLost().isEmpty()) {
        LOG.warn(
            "{}: groups {} are gone or were made again: for {} nothing counts as acknowledged by all"
                + " groups, so that their members can give back to them what they know of",
            keys,
            step.foundLost(),
            TrimStep.CARE);
      }
      removed.inc(step.removed());
      for (TrimStep.GroupRow row : step.groups()) {
        GroupLoss loss = new GroupLoss(row.name(), row.unread(), row.pending());
        if (loss.total() > 0) {
          lost.inc(loss.total());
          losses.merge(
              row.name(),
              loss,
              (a, b) ->
                  new GroupLoss(a.group(), a.unread() + b.unread(), a.pending() + b.pending()));
        }
      }
    }

    TrimReport report() {
      List<GroupLoss> all = new ArrayList<>(losses.values());
      if (!all.isEmpty()) {
        LOG.warn("{}: trimming removed what groups had not acknowledged: {}", keys, all);
      }
      return new TrimReport(entries, last.length(), !last.more(), all, true);
    }
  }
}

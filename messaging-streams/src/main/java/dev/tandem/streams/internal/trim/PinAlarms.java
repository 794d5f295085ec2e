package dev.tandem.streams.internal.trim;

import dev.tandem.streams.PinAlarm;
import dev.tandem.streams.Trimming;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of groups that pin much, once for each threshold that they cross on their way up. Remembers
 * the groups that are above the first.
 */
final class PinAlarms {
  private static final Logger LOG = LoggerFactory.getLogger(PinAlarms.class);
  private static final long FIRST_PERCENT = 80;

  private final ReentrantLock lock = new ReentrantLock();

  /** By stream and group: the last threshold told of, in per cent. */
  private final Map<String, Map<String, Long>> told = new HashMap<>();

  /** Looks at a stream that was trimmed; how many alarms were raised. */
  int check(String stream, Trimming trimming, TrimStep step) {
    long most = trimming.entries();
    long percent = thresholdOf(step.length(), most);
    Set<TrimStep.GroupRow> pinning =
        step.groups().stream()
            .filter(row -> row.needsOldest() && percent > 0)
            .collect(Collectors.toSet());
    int raised = 0;
    for (TrimStep.GroupRow row : pinning) {
      if (isNews(stream, row.name(), percent)) {
        raise(trimming, new PinAlarm(stream, row.name(), step.length(), most, row.abandoned()));
        raised++;
      }
    }
    forgetOthers(stream, pinning.stream().map(TrimStep.GroupRow::name).collect(Collectors.toSet()));
    return raised;
  }

  private static long thresholdOf(long pinned, long most) {
    if (pinned >= most) {
      return 100;
    }
    return pinned * 100.0 >= most * (double) FIRST_PERCENT ? FIRST_PERCENT : 0;
  }

  private boolean isNews(String stream, String group, long percent) {
    lock.lock();
    try {
      Map<String, Long> groups = told.computeIfAbsent(stream, key -> new HashMap<>());
      if (groups.getOrDefault(group, 0L) >= percent) {
        return false;
      }
      groups.put(group, percent);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void forgetOthers(String stream, Set<String> pinning) {
    lock.lock();
    try {
      Map<String, Long> groups = told.get(stream);
      if (groups != null) {
        groups.keySet().retainAll(pinning);
        if (groups.isEmpty()) {
          told.remove(stream);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private static void raise(Trimming trimming, PinAlarm alarm) {
    LOG.warn(
        "{}: group {} keeps {} messages from being removed; {}",
        alarm.stream(),
        alarm.group(),
        alarm.pinned(),
        alarm.abandoned()
            ? "it is abandoned and loses those beyond " + alarm.mostPinned()
            : "if it were abandoned, it would lose those beyond " + alarm.mostPinned());
    try {
      trimming.alarm().accept(alarm);
    } catch (RuntimeException | Error e) {
      LOG.error("{}: who is told of alarms threw", alarm.stream(), e);
    }
  }
}

package dev.tandem.streams.internal.work;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import dev.tandem.streams.internal.group.GroupReading;
import dev.tandem.streams.internal.group.GroupStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongBinaryOperator;
import java.util.function.ToLongFunction;

/** The numbers of one topic's group, as a worker's looks see them. */
final class GroupGauges {
  private final MetricRegistry metrics;
  private final String prefix;
  private final List<GroupGauge> joined = new ArrayList<>();

  /** Registers the gauges, if no other worker has. */
  GroupGauges(MetricRegistry metrics, String topic, String group) {
    this.metrics = metrics;
    this.prefix = "tandem.streams.worker." + topic + '.' + group + '.';
    add("pending", reading -> reading.counts().pending(), Long::sum);
    add("waiting", reading -> reading.counts().waiting(), Long::sum);
    add("lag", reading -> reading.counts().lag(), Long::sum);
    add("oldest-unacknowledged-millis", reading -> reading.counts().oldestMillis(), Math::max);
    add("dead-letters", GroupReading::deadLetters, Long::sum);
  }

  private void add(String name, ToLongFunction<GroupReading> number, LongBinaryOperator together) {
    Gauge<?> registered =
        metrics.<Gauge<?>>gauge(prefix + name, () -> new GroupGauge(number, together));
    if (registered instanceof GroupGauge gauge) {
      joined.add(gauge);
    }
  }

  /** The worker serves this stream. */
  void join(GroupStream stream) {
    joined.forEach(gauge -> gauge.join(List.of(stream, stream.replay())));
  }

  /** The worker serves it no more: what it last saw does not count any more. */
  void leave(GroupStream stream) {
    joined.forEach(gauge -> gauge.leave(List.of(stream, stream.replay())));
  }
}

package dev.tandem.streams.internal.work;

import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.internal.group.GroupStream;
import java.util.function.BiFunction;

/**
 * What all streams of one topic of a worker have in common.
 *
 * @param lines makes the line in which the deliveries of a stream wait for their handler
 */
record Course<T>(
    StreamTopic<T> topic, BiFunction<GroupStream, Flow, Line> lines, GroupGauges gauges) {

  static <T> Course<T> of(Binding<T> binding, Shared shared, Dispatcher dispatcher) {
    WorkerSettings settings = shared.settings();
    String topic = binding.topic().name();
    return new Course<>(
        binding.topic(),
        dispatcher.lines(binding.joining(shared.member())),
        new GroupGauges(settings.redis().metrics(), topic, settings.group()));
  }
}

package dev.tandem.examples.quickstart;

import dev.tandem.pubsub.Channel;
import dev.tandem.streams.StreamTopic;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;

/**
 * The names under which one run publishes. They are unique, so that nothing that is in Redis
 * already is touched, and two runs do not meet.
 *
 * @param name of the topic, the channel and the group alike
 */
record Destination(String name) {
  private static final Duration RETENTION = Duration.ofMinutes(10);
  private static final JsonText JSON = new JsonText();

  /** A name nobody has used. */
  static Destination unique(Random random) {
    return new Destination(String.format(Locale.ROOT, "quickstart-%016x", random.nextLong()));
  }

  /** The durable side. */
  StreamTopic<String> topic() {
    return StreamTopic.of(name, JSON);
  }

  /**
   * The live side.
   *
   * @param retained how many messages a subscriber may be behind
   */
  Channel<String> channel(int retained) {
    return Channel.of(name, JSON).recoverable(RETENTION, retained);
  }

  /** The workers' group. */
  String group() {
    return name;
  }
}

package dev.tandem.pubsub;

import dev.tandem.api.Message;
import org.jspecify.annotations.Nullable;

/**
 * A channel of a schedule and the model of what it has been through.
 *
 * @param channel the channel
 * @param key what its keys in Redis begin with, and its name there
 * @param model what it has been through
 */
record ModelledChannel(Channel<String> channel, String key, LiveModel model) {
  String name() {
    return channel.name();
  }

  /** A message whose payload says its key, too; none for the empty one. */
  static Message<String> message(String key, String payload) {
    Message<String> message = Message.of("test", key + ':' + payload);
    return key.isEmpty() ? message : message.key(key);
  }

  /** The key of the message with this payload. */
  static @Nullable String keyOf(String payload) {
    String key = payload.substring(0, payload.indexOf(':'));
    return key.isEmpty() ? null : key;
  }
}

package dev.tandem.pubsub.cache;

import dev.tandem.api.Message;
import dev.tandem.pubsub.LiveMessage;

/**
 * What to forget, as it travels: the kind is the message's type, the key or pattern its payload.
 *
 * @param kind what the text is
 * @param text the key, the pattern, or {@code *} for all
 */
record Invalidation(Kind kind, String text) {
  static final Invalidation ALL = new Invalidation(Kind.ALL, "*");

  private static final String BY = "by";

  enum Kind {
    KEY("cache.invalidate.key"),
    MATCHING("cache.invalidate.matching"),
    ALL("cache.invalidate.all");

    private final String type;

    Kind(String type) {
      this.type = type;
    }
  }

  Message<String> message(String cacheId) {
    return Message.of(kind.type, text).header(BY, cacheId);
  }

  static boolean isBy(LiveMessage<?> message, String cacheId) {
    return message.headers().get(BY).filter(cacheId::equals).isPresent();
  }

  /** What cannot be read, or is of a kind that a later release has, asks to forget all. */
  static Invalidation of(LiveMessage<String> message) {
    try {
      for (Kind kind : Kind.values()) {
        if (kind.type.equals(message.type())) {
          return new Invalidation(kind, message.payload());
        }
      }
    } catch (RuntimeException unreadable) {
      return ALL;
    }
    return ALL;
  }
}

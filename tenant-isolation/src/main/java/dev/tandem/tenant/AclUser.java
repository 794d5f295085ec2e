package dev.tandem.tenant;

import dev.tandem.redis.command.Replies;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A user as a server describes it; servers from 7.0 on write lists of patterns as one text.
 *
 * @param flags such as {@code on} and {@code nopass}
 * @param secrets the digests of the secrets
 * @param rules the commands, as {@link AclCategories} reads them
 * @param hasSelectors whether there are rights besides these
 */
record AclUser(
    Set<String> flags,
    Set<String> secrets,
    String rules,
    Set<String> keys,
    Set<String> channels,
    boolean hasSelectors) {

  /** Reads the reply to {@code ACL GETUSER}; null if there is no such user. */
  static @Nullable AclUser read(@Nullable Object reply) {
    if (reply == null) {
      return null;
    }
    Map<String, @Nullable Object> fields = Replies.map(reply);
    Set<String> flags = texts(fields.get("flags"));
    return new AclUser(
        flags,
        texts(fields.get("passwords")),
        Replies.text(fields.get("commands")),
        patterns(fields.get("keys"), '~'),
        patterns(fields.get("channels"), '&'),
        !Replies.list(fields.get("selectors")).isEmpty());
  }

  boolean isEnabled() {
    return flags.contains("on");
  }

  /** Whether any password will do. */
  boolean isOpen() {
    return flags.contains("nopass");
  }

  private static Set<String> texts(@Nullable Object list) {
    Set<String> texts = new TreeSet<>();
    for (Object text : Replies.list(list)) {
      texts.add(Replies.text(text));
    }
    return texts;
  }

  private static Set<String> patterns(@Nullable Object given, char sign) {
    if (given instanceof List<?>) {
      return texts(given);
    }
    Set<String> patterns = new TreeSet<>();
    String text = Replies.textOrNull(given);
    for (String word : text == null ? new String[0] : text.split(" ", -1)) {
      if (!word.isEmpty()) {
        patterns.add(word.charAt(0) == sign ? word.substring(1) : word);
      }
    }
    return patterns;
  }
}

package dev.tandem.pubsub.cache;

import java.util.List;

/** A glob over keys: {@code *} stands for any characters, also none; all else for itself. */
final class KeyPattern {
  private final List<String> pieces;

  KeyPattern(String pattern) {
    this.pieces = List.of(pattern.split("\\*", -1));
  }

  /** In time linear in the key for each piece, whatever the pattern. */
  boolean matches(String key) {
    String first = pieces.get(0);
    if (pieces.size() == 1) {
      return key.equals(first);
    }
    String last = pieces.get(pieces.size() - 1);
    int end = key.length() - last.length();
    if (end < first.length() || !key.startsWith(first) || !key.endsWith(last)) {
      return false;
    }
    int at = first.length();
    for (String piece : pieces.subList(1, pieces.size() - 1)) {
      int found = key.indexOf(piece, at);
      if (found < 0 || found + piece.length() > end) {
        return false;
      }
      at = found + piece.length();
    }
    return true;
  }
}

package dev.tandem.pubsub.internal.frame;

import org.jspecify.annotations.Nullable;

/**
 * Ids that end in a number and count on from the first.
 *
 * @param prefix what is in front of the number, a dash at its end
 * @param number the first one's
 */
record CountedIds(String prefix, long number) {
  private static final int MOST_DIGITS = 18;

  /** Those that begin with this one; null if there is none, or it does not end like that. */
  static @Nullable CountedIds from(@Nullable String first) {
    if (first == null) {
      return null;
    }
    int digits = first.lastIndexOf('-') + 1;
    long number = digits == 0 ? -1 : number(first, digits);
    return number < 0 ? null : new CountedIds(first.substring(0, digits), number);
  }

  /** The id at this place, counted from 0. */
  String at(int place) {
    return prefix + (number + place);
  }

  /** The number that ends an id; -1 if that is none, or would be written otherwise. */
  private static long number(String id, int from) {
    int digits = id.length() - from;
    if (digits < 1 || digits > MOST_DIGITS || (id.charAt(from) == '0' && digits > 1)) {
      return -1;
    }
    long number = 0;
    for (int i = from; i < id.length(); i++) {
      int digit = id.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = 10 * number + digit;
    }
    return number;
  }
}

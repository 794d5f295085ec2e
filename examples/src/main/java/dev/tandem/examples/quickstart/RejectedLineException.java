package dev.tandem.examples.quickstart;

/** A line that cannot be played; the message is the reason, for the user. */
final class RejectedLineException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST = 200;

  RejectedLineException(String reason) {
    super(printable(reason), null, false, false);
  }

  // The reason may quote the input: nothing of it may steer a terminal or fill it.
  private static String printable(String reason) {
    StringBuilder text = new StringBuilder();
    reason
        .codePoints()
        .limit(LONGEST)
        .forEach(c -> text.appendCodePoint(isPrintable(c) ? c : '\uFFFD'));
    if (reason.codePointCount(0, reason.length()) > LONGEST) {
      text.append('…');
    }
    return text.toString();
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}

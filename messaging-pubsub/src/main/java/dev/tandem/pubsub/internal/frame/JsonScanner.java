package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Steps through one JSON text (RFC 8259) in UTF-8, strictly, and makes nothing of it that is not
 * asked for: most of a frame is payloads whose bytes only pass through.
 *
 * <p>Values are begun where the text stands: {@link #enter} and {@link #more} walk through objects
 * and arrays, {@link #text}, {@link #wholeNumber} and {@link #skip} take one value.
 *
 * <p>Thread safety: none.
 */
final class JsonScanner {
  private static final int LONGEST_NUMBER = 1_000;

  private final byte[] bytes;
  private final int mostDepth;
  private int at;
  private int depth;

  // The text that was scanned last: between its quotes.
  private int from;
  private int to;
  private boolean plain;

  JsonScanner(byte[] bytes, int mostDepth) {
    this.bytes = bytes;
    this.mostDepth = mostDepth;
  }

  /** Where the next value begins. */
  int place() {
    skipSpace();
    return at;
  }

  /** The byte that the next value begins with; 0 if there is nothing more. */
  byte next() {
    skipSpace();
    return at < bytes.length ? bytes[at] : 0;
  }

  /** Begins an object or an array; whether there is anything in it. */
  boolean enter(char open) throws FrameFormatException {
    expect(open);
    if (++depth > mostDepth) {
      throw notJson();
    }
    if (next() != closing(open)) {
      return true;
    }
    at++;
    depth--;
    return false;
  }

  /** Whether there is more in the object or array after one of its values; leaves it if not. */
  boolean more(char open) throws FrameFormatException {
    byte next = next();
    at++;
    if (next == ',') {
      return true;
    }
    if (next != closing(open)) {
      throw notJson();
    }
    depth--;
    return false;
  }

  private static char closing(char open) {
    return open == '{' ? '}' : ']';
  }

  /** Takes a member's name, for {@link #is}, and the colon behind it. */
  void name() throws FrameFormatException {
    scanText();
    expect(':');
  }

  /** Whether the text that was taken last is this one of printable ASCII. */
  boolean is(byte[] word) throws FrameFormatException {
    return plain
        ? to - from == word.length && Arrays.equals(bytes, from, to, word, 0, word.length)
        : unescaped().equals(new String(word, ISO_8859_1));
  }

  /** Takes a text. */
  String text() throws FrameFormatException {
    scanText();
    return lastText();
  }

  /** The text that was taken last. */
  String lastText() throws FrameFormatException {
    return plain ? new String(bytes, from, to - from, ISO_8859_1) : unescaped();
  }

  /** Takes a text; {@code known} if it is the same. */
  String text(String known) throws FrameFormatException {
    scanText();
    int length = to - from;
    boolean same = plain && length == known.length();
    for (int i = 0; same && i < length; i++) {
      same = known.charAt(i) == bytes[from + i];
    }
    return same ? known : lastText();
  }

  /** Whether the text that was taken last is of printable ASCII, written without escapes. */
  boolean isPlain() {
    return plain;
  }

  /** Takes a whole number. */
  long wholeNumber() throws FrameFormatException {
    int start = place();
    skipNumber();
    try {
      return Long.parseLong(new String(bytes, start, at - start, ISO_8859_1));
    } catch (NumberFormatException e) {
      throw new FrameFormatException("not a whole number");
    }
  }

  /** Takes any value; returns where it ends. */
  int skip() throws FrameFormatException {
    byte first = next();
    switch (first) {
      case '"' -> scanText();
      case '{' -> {
        for (boolean more = enter('{'); more; more = more('{')) {
          name();
          skip();
        }
      }
      case '[' -> {
        for (boolean more = enter('['); more; more = more('[')) {
          skip();
        }
      }
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      default -> skipNumber();
    }
    return at;
  }

  /** Makes sure that nothing but space follows. */
  void end() throws FrameFormatException {
    if (place() != bytes.length) {
      throw notJson();
    }
  }

  private void expect(char wanted) throws FrameFormatException {
    if (next() != wanted) {
      throw notJson();
    }
    at++;
  }

  private void literal(String word) throws FrameFormatException {
    for (int i = 0; i < word.length(); i++) {
      if (byteAt(at++) != word.charAt(i)) {
        throw notJson();
      }
    }
  }

  private void skipSpace() {
    while (at < bytes.length) {
      byte b = bytes[at];
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        return;
      }
      at++;
    }
  }

  private void skipNumber() throws FrameFormatException {
    int start = at;
    if (byteAt(at) == '-') {
      at++;
    }
    if (byteAt(at) == '0') {
      at++;
    } else {
      digits();
    }
    if (at < bytes.length && bytes[at] == '.') {
      at++;
      digits();
    }
    if (at < bytes.length && (bytes[at] | ' ') == 'e') {
      at++;
      if (byteAt(at) == '+' || byteAt(at) == '-') {
        at++;
      }
      digits();
    }
    if (at - start > LONGEST_NUMBER) {
      throw notJson();
    }
  }

  private void digits() throws FrameFormatException {
    int start = at;
    while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9') {
      at++;
    }
    if (at == start) {
      throw notJson();
    }
  }

  private void scanText() throws FrameFormatException {
    expect('"');
    from = at;
    plain = true;
    int i = PlainText.end(bytes, at);
    for (byte b = byteAt(i); b != '"'; b = byteAt(i)) {
      plain = false;
      if (b == '\\') {
        i += escape(i);
      } else if (b < 0) {
        i += Utf8.length(bytes, i);
      } else if (b == PlainText.DELETE) {
        i++;
      } else {
        throw notJson(); // a control
      }
      i = PlainText.end(bytes, i);
    }
    to = i;
    at = i + 1;
  }

  /** How long the escape here is. */
  private int escape(int i) throws FrameFormatException {
    switch (byteAt(i + 1)) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
        return 2;
      }
      case 'u' -> {
        unit(i);
        return 6;
      }
      default -> throw notJson();
    }
  }

  /** The UTF-16 unit of the escape here. */
  private char unit(int i) throws FrameFormatException {
    int unit = 0;
    for (int j = i + 2; j < i + 6; j++) {
      int digit = Character.digit(byteAt(j), 16);
      if (digit < 0) {
        throw notJson();
      }
      unit = unit << 4 | digit;
    }
    return (char) unit;
  }

  private String unescaped() throws FrameFormatException {
    StringBuilder text = new StringBuilder(to - from);
    int copied = from;
    for (int i = from; i < to; i++) {
      if (bytes[i] == '\\') {
        text.append(new String(bytes, copied, i - copied, UTF_8));
        text.append(unescaped(i));
        i += escape(i) - 1;
        copied = i + 1;
      }
    }
    return text.append(new String(bytes, copied, to - copied, UTF_8)).toString();
  }

  private char unescaped(int i) throws FrameFormatException {
    byte kind = byteAt(i + 1);
    return kind == 'u' ? unit(i) : (char) unescaped(kind);
  }

  /** What a backslash and this stand for, but for {@code u}. */
  static byte unescaped(byte kind) {
    return switch (kind) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> kind;
    };
  }

  private byte byteAt(int i) throws FrameFormatException {
    if (i >= bytes.length) {
      throw notJson();
    }
    return bytes[i];
  }

  private static FrameFormatException notJson() {
    return new FrameFormatException("not JSON");
  }
}

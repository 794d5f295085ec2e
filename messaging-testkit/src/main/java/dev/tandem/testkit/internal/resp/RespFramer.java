package dev.tandem.testkit.internal.resp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Finds where requests or replies end in a byte stream that arrives in pieces, in RESP2 and RESP3.
 *
 * <p>Only counts: an aggregate of n adds n elements to those still expected, whatever their
 * nesting. The texts of a frame are kept up to a limit, joined by spaces and read as Latin-1. Not
 * safe for use by several threads.
 */
public final class RespFramer {

  /** How much of a frame's text is kept. */
  public static final int TEXT_LIMIT = 64 * 1024;

  private static final int LONGEST_NUMBER = 20;
  private static final int LONGEST_FRAME = 1 << 24;
  private static final long LONGEST_BULK = 1L << 30;
  private static final int CRLF = 2;

  private final StringBuilder text = new StringBuilder();
  private final StringBuilder number = new StringBuilder();
  private long expected = 1;
  private long bodyLeft;
  private boolean inLine;
  private boolean fresh = true;
  private char first;
  private char type;

  /**
   * Moves the position behind the end of the current frame.
   *
   * @return false when the data ended first
   * @throws NotRespException when the bytes follow another protocol
   */
  public boolean advance(ByteBuffer data) {
    while (data.hasRemaining()) {
      if (bodyLeft > 0) {
        body(data);
      } else {
        line(data);
      }
      if (expected == 0 && bodyLeft == 0 && !inLine) {
        expected = 1;
        fresh = true;
        return true;
      }
    }
    return false;
  }

  /** The first byte of the frame that has begun or just ended. */
  public char first() {
    return first;
  }

  /** The texts of the frame that just ended. */
  public String text() {
    return text.toString();
  }

  private void line(ByteBuffer data) {
    if (!inLine) {
      begin((char) (data.get() & 0xFF));
      return;
    }
    char next = (char) (data.get() & 0xFF);
    if (next == '\n') {
      inLine = false;
      endLine();
    } else if (next != '\r') {
      keep(next);
    }
  }

  private void begin(char next) {
    boolean beginsFrame = fresh;
    if (beginsFrame) {
      fresh = false;
      first = next;
      text.setLength(0);
    }
    type = next;
    number.setLength(0);
    inLine = true;
    if (kind(type) != Kind.INLINE) {
      return;
    }
    if (!beginsFrame) {
      throw new NotRespException("byte " + (int) next + " where an element should begin");
    }
    // An inline request has no type byte: its first byte belongs to its text.
    if (next == '\n') {
      inLine = false;
      endLine();
    } else if (next != '\r') {
      text.append(next);
    }
  }

  private void keep(char next) {
    Kind kind = kind(type);
    if (kind == Kind.INLINE || kind == Kind.LINE) {
      if (text.length() < TEXT_LIMIT) {
        text.append(next);
      }
    } else if (number.length() < LONGEST_NUMBER) {
      number.append(next);
    } else {
      throw new NotRespException("a length of more than " + LONGEST_NUMBER + " digits");
    }
  }

  private void endLine() {
    expected--;
    switch (kind(type)) {
      case INLINE, LINE -> {}
      case BULK -> {
        long length = number();
        if (length > LONGEST_BULK) {
          throw new NotRespException("a text of " + length + " bytes");
        }
        if (length >= 0) {
          bodyLeft = length + CRLF;
          if (text.length() > 0) {
            text.append(' ');
          }
        }
      }
      case LIST -> expected += Math.max(0, number());
      case MAP -> expected += 2 * Math.max(0, number());
      // An attribute stands before an element and replaces none.
      case ATTRIBUTE -> expected += 2 * Math.max(0, number()) + 1;
    }
    if (expected > LONGEST_FRAME) {
      throw new NotRespException("a frame of more than " + LONGEST_FRAME + " elements");
    }
  }

  private long number() {
    try {
      return Long.parseLong(number, 0, number.length(), 10);
    } catch (NumberFormatException e) {
      throw new NotRespException("the length " + number);
    }
  }

  private void body(ByteBuffer data) {
    int take = (int) Math.min(bodyLeft, data.remaining());
    long ofText = Math.min(take, Math.max(0, bodyLeft - CRLF));
    int keep = (int) Math.min(ofText, Math.max(0, TEXT_LIMIT - text.length()));
    if (keep > 0) {
      byte[] bytes = new byte[keep];
      data.get(data.position(), bytes);
      text.append(new String(bytes, StandardCharsets.ISO_8859_1));
    }
    data.position(data.position() + take);
    bodyLeft -= take;
  }

  private enum Kind {
    INLINE,
    LINE,
    BULK,
    LIST,
    MAP,
    ATTRIBUTE
  }

  private static Kind kind(char type) {
    return switch (type) {
      case '+', '-', ':', '_', '#', ',', '(' -> Kind.LINE;
      case '$', '=', '!' -> Kind.BULK;
      case '*', '~', '>' -> Kind.LIST;
      case '%' -> Kind.MAP;
      case '|' -> Kind.ATTRIBUTE;
      default -> Kind.INLINE;
    };
  }

  /** The bytes are not RESP. */
  public static final class NotRespException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotRespException(String what) {
      super(what);
    }
  }
}

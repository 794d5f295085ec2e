package dev.tandem.streams.internal.produce;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.entry.PackedTexts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Entries of one stream that are appended by one call, and how far that has come.
 *
 * <p>Thread safety: not safe for use by many threads; the sending thread's.
 */
final class Frame {
  /** The most entries of one call: the server does nothing else meanwhile. */
  static final int MOST_ENTRIES = 256;

  /** The most bytes of one call, unless a single entry is larger. */
  static final int MOST_BYTES = 1 << 20;

  private static final Script APPEND = Script.resource(Frame.class, "append.lua");
  private static final byte[] NONE = {};
  private static final int FIELDS_WITH_TTL = 10;
  private static final int VALUES = 4;

  private final List<Outgoing> entries;
  private final long call;
  private final long bytes;
  private int tries;
  private boolean awaited;
  private boolean maybeDone;

  /**
   * A call.
   *
   * @param call its number, 0 if the server is not to remember it
   */
  Frame(List<Outgoing> entries, long call) {
    this.entries = entries;
    this.call = call;
    this.bytes = entries.stream().mapToLong(Outgoing::bytes).sum();
  }

  List<Outgoing> entries() {
    return entries;
  }

  Outgoing first() {
    return entries.get(0);
  }

  /** About how large it is. */
  long bytes() {
    return bytes;
  }

  /** Its number, 0 if the server is not to remember it. */
  long call() {
    return call;
  }

  /** Whether it may be sent again without appending anything twice. */
  boolean isRemembered() {
    return call > 0;
  }

  /** Whether a try of it may have been executed. */
  boolean maybeDone() {
    return maybeDone;
  }

  /** Whether its reply is awaited. */
  boolean isAwaited() {
    return awaited;
  }

  /** Its reply is there, or will never be. */
  void answered() {
    awaited = false;
  }

  /**
   * Whether another call may be sent before the reply to this one is there: it is appended whole or
   * not at all, and the server can tell whether it was.
   */
  boolean mayBeFollowed() {
    return isRemembered() && first().mostEntries() == 0;
  }

  /** Its reply was lost. */
  void replyLost() {
    maybeDone = true;
  }

  /** How often it was sent. */
  int tries() {
    return tries;
  }

  /**
   * The call, for one more try.
   *
   * @param memory of the producer; null if it is not to be remembered
   * @param newestId of the stream, as far as known here; empty if not
   * @param after the number of the call that must be the last one executed before; 0 for any
   */
  Command next(@Nullable Memory memory, String newestId, long after) {
    tries++;
    awaited = true;
    Outgoing first = first();
    RedisKey stream = first.keys().stream();
    Command command =
        memory == null ? APPEND.call(stream) : APPEND.call(stream, memory.key(first.keys()));
    boolean expiring = anyExpires();
    command
        .arg(first.mostEntries())
        .arg(call)
        .arg(Memory.LIFE.toMillis())
        .arg(maybeDone ? newestId : "")
        .arg(after)
        .arg(expiring ? VALUES + 1 : VALUES)
        .arg(entries.size())
        .arg(packed(expiring));
    return command;
  }

  private byte[] packed(boolean expiring) {
    PackedTexts packed = new PackedTexts(entries.size() * (expiring ? VALUES + 1 : VALUES), bytes);
    for (Outgoing entry : entries) {
      List<byte[]> fields = entry.fields();
      for (int value = 1; value < fields.size(); value += 2) {
        packed.add(fields.get(value));
      }
      if (expiring && fields.size() < FIELDS_WITH_TTL) {
        packed.add(NONE);
      }
    }
    return packed.bytes();
  }

  private boolean anyExpires() {
    for (Outgoing entry : entries) {
      if (entry.fields().size() == FIELDS_WITH_TTL) {
        return true;
      }
    }
    return false;
  }
}

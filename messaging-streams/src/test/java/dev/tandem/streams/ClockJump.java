package dev.tandem.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.DedicatedLink;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.internal.entry.EntryId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A jump of the server's clock, as far as anybody can tell.
 *
 * <p>A clock matters only beside the times that were taken from it before. So instead of the clock,
 * which is the machine's, all that the server has stored for a topic is moved the other way, in one
 * transaction: when entries were delivered and consumers seen (inside the stream, by DUMP and
 * RESTORE), when retries are due, when keys expire. What is not moved are the ids of entries;
 * {@link #aheadOfTheClock} makes those that a clock set back leaves behind.
 */
final class ClockJump {
  private static final int ATTEMPTS = 50;
  private static final long CRC_POLYNOMIAL = 0x95ac9329ac4bc9b5L;
  private static final long PLAUSIBLE_MILLIS = Duration.ofDays(2).toMillis();

  private final Fixture fixture;
  private final long later;
  private final long now;

  private ClockJump(Fixture fixture, Duration by) {
    this.fixture = fixture;
    this.later = -by.toMillis();
    this.now = fixture.redis.serverTime().toEpochMilli();
  }

  /** Lets the server's clock jump forward, or backward if {@code by} is negative. */
  static void by(Fixture fixture, Duration by) {
    fixture.run("CONFIG", "SET", "rdbcompression", "no"); // names are looked for in the dump
    ClockJump jump = new ClockJump(fixture, by);
    RedisKey stream = fixture.keys().stream();
    try (DedicatedLink link = fixture.redis.openDedicated(stream, Duration.ofSeconds(5))) {
      boolean done = false;
      for (int i = 0; !done && i < ATTEMPTS; i++) {
        done = jump.attempt(link);
      }
      assertThat(done).as("the clock jumped").isTrue();
    }
  }

  /** Appends an entry with an id of a clock that was ahead, so that the next ids follow that. */
  static String aheadOfTheClock(Fixture fixture, Duration ahead, String payload) {
    long millis = fixture.redis.serverTime().plus(ahead).toEpochMilli();
    return Replies.text(fixture.run("XADD", fixture.stream(), millis + "-0", "data", payload));
  }

  /** Does nothing, and says so, if what it has looked at was changed meanwhile. */
  private boolean attempt(DedicatedLink link) {
    List<String> keys = new ArrayList<>();
    String pattern = "*" + fixture.tenant.name() + "*";
    Replies.list(link.execute(Command.of("KEYS").arg(pattern)))
        .forEach(key -> keys.add(Replies.text(key)));
    Command watch = Command.of("WATCH");
    keys.forEach(watch::arg);
    link.execute(watch);
    List<Command> moves = new ArrayList<>();
    for (String key : keys) {
      long left = Replies.number(link.execute(Command.of("PTTL").arg(key)));
      if (left > 0 && left + later > 0) {
        moves.add(Command.of("PEXPIRE").arg(key).arg(left + later));
      } else if (left > 0) {
        moves.add(Command.of("DEL").arg(key));
      }
    }
    moves.addAll(retries(link));
    Moved stream = stream(link);
    moves.add(stream.restore());
    link.execute(Command.of("MULTI"));
    moves.forEach(link::execute);
    boolean done = link.execute(Command.of("EXEC")) != null;
    if (done) {
      assertThat(stream.times()).as("times of delivery in the dump").isEqualTo(stream.pending());
    }
    return done;
  }

  private List<Command> retries(DedicatedLink link) {
    List<Command> moves = new ArrayList<>();
    String due = fixture.keys().due().text();
    Replies.list(link.execute(Command.of("ZRANGE").arg(due).arg("0").arg("-1")))
        .forEach(
            id ->
                moves.add(
                    Command.of("ZINCRBY")
                        .arg(due)
                        .arg(Long.toString(later))
                        .arg(Replies.bytes(id))));
    return moves;
  }

  /** The stream with so many times of delivery moved, which had so many pending entries before. */
  private record Moved(Command restore, int times, int pending) {}

  private Moved stream(DedicatedLink link) {
    String stream = fixture.stream();
    Set<EntryId> pending = new HashSet<>();
    Command list =
        Command.of("XPENDING").arg(stream).arg(Fixture.GROUP).arg("-").arg("+").arg("100000");
    Replies.list(link.execute(list))
        .forEach(row -> pending.add(EntryId.parse(Replies.text(Replies.list(row).get(0)))));
    byte[] dump = Replies.bytes(link.execute(Command.of("DUMP").arg(stream)));
    ByteBuffer bytes = ByteBuffer.wrap(dump);
    int moved = 0;
    for (int at = 0; at + 24 < dump.length - 10; at++) {
      EntryId id = new EntryId(bytes.getLong(at), bytes.getLong(at + 8));
      if (pending.contains(id) && moveTime(bytes, at + 16)) {
        moved++;
      }
    }
    fixture.consumers().forEach(name -> moveConsumer(bytes, name));
    bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(dump.length - 8, crc(dump, dump.length - 8));
    Command restore = Command.of("RESTORE").arg(stream).arg("0").arg(dump).arg("REPLACE");
    return new Moved(restore, moved, pending.size());
  }

  private void moveConsumer(ByteBuffer bytes, String name) {
    byte[] wanted = name.getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at + wanted.length + 8 < bytes.limit() - 10; at++) {
      int same = 0;
      while (same < wanted.length && bytes.get(at + same) == wanted[same]) {
        same++;
      }
      if (same == wanted.length) {
        moveTime(bytes, at + same);
      }
    }
  }

  /** Moves what stands there if it can be a time of the present days. */
  private boolean moveTime(ByteBuffer bytes, int at) {
    long millis = Long.reverseBytes(bytes.getLong(at));
    if (Math.abs(millis - now) > PLAUSIBLE_MILLIS) {
      return false;
    }
    bytes.putLong(at, Long.reverseBytes(millis + later));
    return true;
  }

  /** CRC-64 as Redis checks dumps with. */
  private static long crc(byte[] bytes, int length) {
    long crc = 0;
    for (int i = 0; i < length; i++) {
      crc ^= bytes[i] & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ CRC_POLYNOMIAL;
      }
    }
    return crc;
  }
}

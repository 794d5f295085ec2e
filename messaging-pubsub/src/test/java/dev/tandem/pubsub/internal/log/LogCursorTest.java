package dev.tandem.pubsub.internal.log;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Gap;
import dev.tandem.api.GapReason;
import dev.tandem.api.Position;
import dev.tandem.pubsub.SubscribeOptions.Beginning;
import dev.tandem.pubsub.internal.frame.Frame;
import dev.tandem.tenant.Tenant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/**
 * The cursor against a simulated channel: frames are published, lost, repeated and reordered on the
 * way, the log is trimmed, lost and rolled back, reads take their time, the reader has no room. A
 * checker knows what the log contained at every moment.
 */
class LogCursorTest {
  private static final Tenant TENANT = Tenant.of("acme");
  private static final List<Start> STARTS = List.of(Start.NOW, Start.OLDEST, Start.LATEST);

  /** A channel's log and the messages on their way to one subscriber. */
  private static final class Simulation implements LogCursor.Sink {
    final Random random;
    final List<String> story = new ArrayList<>();
    final LogCursor cursor;

    String epoch = "e0";
    long version;
    String nonce = "";
    int words;
    final List<Frame> log = new ArrayList<>();
    final ArrayDeque<Frame> wire = new ArrayDeque<>();
    boolean reading;
    @Nullable LogPage answer;
    @Nullable Start asked;
    boolean noRoom;
    boolean putsOffReads;
    long maxReplay = 40;
    int foreign;

    /** Every frame's versions ever given out, by epoch, version and nonce. */
    final Map<Position, Integer> delivered = new LinkedHashMap<>();

    final List<Gap> gaps = new ArrayList<>();
    @Nullable Position at;

    Simulation(Random random, Start start, boolean remembersSeen) {
      this.random = random;
      this.cursor = new LogCursor(this, start, remembersSeen);
      this.at = start.after();
    }

    String word() {
      return Integer.toString(++words, 36);
    }

    Position head() {
      return new Position(epoch, version, nonce);
    }

    Frame publish(int count) {
      String next = "n" + word();
      Frame frame = TestFrames.frame(head(), next, count);
      log.add(frame);
      wire.add(frame);
      version += count;
      nonce = next;
      return frame;
    }

    void readIf(boolean wanted) {
      if (wanted) {
        assertThat(reading).as("two reads at once: %s", story).isFalse();
        reading = true;
        answer = null;
      }
    }

    /** The server executes the read; the answer arrives some steps later. */
    void answerRead() {
      asked = cursor.readFrom();
      Position after = asked.after();
      List<Frame> frames = new ArrayList<>();
      for (Frame frame : log) {
        boolean fits =
            after == null
                ? asked.beginning() == Beginning.OLDEST
                : !after.epoch().equals(epoch) || frame.lastVersion() >= after.version();
        if (fits) {
          frames.add(frame);
        }
      }
      if (asked.beginning() == Beginning.LATEST && !log.isEmpty()) {
        frames.add(log.get(log.size() - 1));
      }
      int most = Math.max(2, random.nextInt(6));
      boolean more = frames.size() > most;
      List<ReceivedFrame> page =
          frames.stream()
              .limit(more ? most : frames.size())
              .map(frame -> new ReceivedFrame(frame, TENANT))
              .toList();
      answer = new LogPage(head(), after == null ? 0 : after.version(), page, more);
    }

    void applyRead() {
      LogPage page = answer;
      Start from = asked;
      if (page == null || from == null) {
        answerRead();
        return;
      }
      reading = false;
      answer = null;
      Replay replay = Replay.of(from, maxReplay, page);
      if (at == null && replay.gap() == null) {
        at = replay.start();
      }
      readIf(cursor.apply(replay));
    }

    @Override
    public boolean accept(ReceivedFrame frame, int fromIndex, Origin origin) {
      if (noRoom) {
        story.add("no room");
        return false;
      }
      for (int i = fromIndex; i < frame.count(); i++) {
        Position position = requireNonNull(frame.frame().positionOf(i));
        Position last = requireNonNull(at);
        assertThat(position.epoch()).as("%s", story).isEqualTo(last.epoch());
        assertThat(position.version()).as("%s", story).isEqualTo(last.version() + 1);
        assertThat(delivered.put(position, 1)).as("twice %s: %s", position, story).isNull();
        at = position;
      }
      return true;
    }

    @Override
    public void gap(@Nullable Position from, Position resumesAt, GapReason reason) {
      story.add("gap " + reason + " to " + resumesAt);
      assertThat(from).isEqualTo(at);
      gaps.add(new Gap("board", from, resumesAt, reason));
      at = resumesAt;
    }

    @Override
    public boolean mayReadNow() {
      return !putsOffReads;
    }

    @Override
    public void foreign(ReceivedFrame frame) {
      foreign++;
      putsOffReads = true;
    }

    void readWhatWasPutOff() {
      putsOffReads = false;
      readIf(cursor.wantRead(Origin.REPAIRED));
    }

    void forge() {
      Position past = new Position(epoch, 1 + random.nextInt(5), "forged");
      Position ahead = new Position(epoch, version + 1_000, "forged");
      Position elsewhere = new Position("forged", version + 1, "forged");
      Position before = List.of(past, ahead, elsewhere).get(random.nextInt(3));
      arrive(TestFrames.frame(before, "f" + word(), 1));
    }

    void arrive(Frame frame) {
      readIf(cursor.offer(new ReceivedFrame(frame, TENANT), Origin.LIVE));
    }

    void step() {
      switch (random.nextInt(26)) {
        case 0, 1, 2, 3, 4 -> publish(1 + random.nextInt(4));
        case 5, 6, 7, 8, 9, 10 -> {
          if (!wire.isEmpty()) {
            arrive(wire.poll());
          }
        }
        case 11 -> {
          if (!wire.isEmpty()) {
            story.add("lost " + wire.poll().finish());
          }
        }
        case 12 -> {
          if (!wire.isEmpty()) {
            wire.addLast(wire.peekFirst()); // arrives again, later
          }
        }
        case 13 -> {
          if (wire.size() > 1) {
            wire.addLast(wire.pollFirst()); // reordered
          }
        }
        case 14, 15, 16, 17 -> {
          if (reading) {
            applyRead();
          }
        }
        case 18 -> {
          while (log.size() > 3) {
            log.remove(0);
          }
          story.add("trimmed");
        }
        case 19 -> {
          if (random.nextInt(4) == 0) {
            epoch = "e" + word();
            version = 0;
            nonce = "";
            log.clear();
            story.add("flushed to " + epoch);
          }
        }
        case 20 -> {
          if (!log.isEmpty() && random.nextInt(3) == 0) {
            rollBack();
          }
        }
        case 21 -> {
          noRoom = !noRoom;
          if (!noRoom) {
            readIf(cursor.resume());
          }
        }
        case 22 -> {
          cursor.lose();
          reading = false;
          answer = null;
          wire.clear();
          readIf(cursor.wantRead(Origin.RECOVERED));
          story.add("reconnected");
        }
        case 23 -> forge();
        case 24 -> readWhatWasPutOff();
        default -> readIf(cursor.wantRead(Origin.REPAIRED)); // a tail check
      }
    }

    void rollBack() {
      int keep = random.nextInt(log.size());
      List<Frame> rest = new ArrayList<>(log.subList(0, keep));
      Position head = keep == 0 ? log.get(0).start() : rest.get(keep - 1).finish();
      log.clear();
      log.addAll(rest);
      version = head.version();
      nonce = head.nonce();
      story.add("rolled back to " + head);
    }

    /** Lets everything arrive, then checks that the reader is where the log is. */
    void settle() {
      noRoom = false;
      readIf(cursor.resume());
      while (!wire.isEmpty()) {
        arrive(wire.poll());
      }
      drainReads();
      readWhatWasPutOff();
      drainReads();
      assertThat(cursor.position()).as("%s", story).isEqualTo(head());
      assertThat(at).isEqualTo(head());
      assertThat(cursor.isFollowing()).isTrue();
    }

    void drainReads() {
      for (int i = 0; i < 10_000 && reading; i++) {
        applyRead();
      }
      assertThat(reading).as("reads end: %s", story).isFalse();
    }
  }

  @RepeatedTest(40)
  void neverASilentHoleNorARepetition() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try {
      for (int round = 0; round < 50; round++) {
        Start start = STARTS.get(random.nextInt(STARTS.size()));
        Simulation simulation = new Simulation(random, start, true);
        simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
        for (int i = 0; i < 400; i++) {
          simulation.step();
        }
        simulation.settle();
      }
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  @Test
  void withoutFaultsNothingIsReadAgainAndThereAreNoGaps() {
    Simulation simulation = new Simulation(new Random(1), Start.NOW, true);
    simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
    simulation.drainReads();
    for (int i = 0; i < 1_000; i++) {
      simulation.arrive(simulation.publish(1 + i % 64));
      assertThat(simulation.reading).isFalse();
    }
    assertThat(simulation.gaps).isEmpty();
    assertThat(simulation.at).isEqualTo(simulation.head());
  }

  @Test
  void whatArrivesDuringAReadNeedsNoOther() {
    Simulation simulation = new Simulation(new Random(1), Start.OLDEST, true);
    simulation.publish(3);
    simulation.wire.clear();
    simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
    Frame covered = simulation.publish(2);
    simulation.answerRead();
    simulation.arrive(covered);
    simulation.arrive(simulation.publish(2));
    simulation.arrive(simulation.publish(1));
    simulation.applyRead();
    assertThat(simulation.reading).isFalse();
    assertThat(simulation.cursor.isFollowing()).isTrue();
    assertThat(simulation.at).isEqualTo(simulation.head());
    assertThat(simulation.delivered).hasSize(8);
    assertThat(simulation.gaps).isEmpty();
  }

  @Test
  void whatDoesNotFitDuringAReadIsReadAgain() {
    Simulation simulation = new Simulation(new Random(1), Start.OLDEST, true);
    simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
    simulation.answerRead();
    for (int i = 0; i <= HeldFrames.MOST_FRAMES; i++) {
      simulation.arrive(simulation.publish(1));
    }
    simulation.applyRead();
    assertThat(simulation.reading).isTrue();
    simulation.drainReads();
    assertThat(simulation.at).isEqualTo(simulation.head());
    assertThat(simulation.gaps)
        .as("it is more than this one wants replayed")
        .extracting(Gap::reason)
        .containsExactly(GapReason.TOO_FAR);
  }

  @Test
  void aRollbackIsNoticedEvenWhenTheVersionsMeetAgain() {
    Simulation simulation = new Simulation(new Random(1), Start.NOW, true);
    simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
    simulation.drainReads();
    for (int i = 0; i < 5; i++) {
      simulation.arrive(simulation.publish(1));
    }
    simulation.log.subList(3, 5).clear();
    simulation.version = 3;
    simulation.nonce = simulation.log.get(2).nonce();
    simulation.wire.clear();
    simulation.publish(1);
    simulation.publish(1);
    simulation.wire.clear();
    simulation.arrive(simulation.publish(1));
    simulation.drainReads();
    assertThat(simulation.gaps).extracting(Gap::reason).containsExactly(GapReason.ROLLED_BACK);
    assertThat(simulation.at).isEqualTo(simulation.head());
  }

  @Test
  void aFrameIsKnownAgainThoughAnotherOneOfItsVersionCameSince() {
    Simulation simulation = new Simulation(new Random(1), Start.NOW, true);
    simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
    simulation.drainReads();
    Frame first = simulation.publish(1);
    simulation.arrive(first);
    for (int i = 0; i < 2; i++) {
      simulation.rollBack();
      simulation.readIf(simulation.cursor.wantRead(Origin.REPAIRED));
      simulation.drainReads();
      if (i == 0) {
        simulation.arrive(simulation.publish(1));
      }
    }
    assertThat(simulation.gaps)
        .extracting(Gap::reason)
        .containsExactly(GapReason.ROLLED_BACK, GapReason.ROLLED_BACK);

    simulation.arrive(first); // a late copy; passing it on fails
    simulation.drainReads();
    assertThat(simulation.at).isEqualTo(simulation.head());
    simulation.arrive(simulation.publish(1));
    assertThat(simulation.delivered).hasSize(3);
    assertThat(simulation.at).isEqualTo(simulation.head());
  }

  @Test
  void aLogThatIsRolledBackAndThenComesBackIsFollowedAgain() {
    Simulation simulation = new Simulation(new Random(1), Start.NOW, true);
    simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
    simulation.drainReads();
    for (int i = 0; i < 5; i++) {
      simulation.arrive(simulation.publish(1));
    }
    simulation.wire.clear();
    List<Frame> whole = List.copyOf(simulation.log);
    Position head = simulation.head();
    simulation.log.subList(3, 5).clear();
    simulation.version = 3;
    simulation.nonce = simulation.log.get(2).nonce();
    simulation.readIf(simulation.cursor.wantRead(Origin.REPAIRED));
    simulation.drainReads();
    assertThat(simulation.gaps).extracting(Gap::reason).containsExactly(GapReason.ROLLED_BACK);

    simulation.delivered.clear(); // what lies behind the gap may be told once more
    simulation.log.clear();
    simulation.log.addAll(whole);
    simulation.version = head.version();
    simulation.nonce = head.nonce();
    simulation.readIf(simulation.cursor.wantRead(Origin.REPAIRED));
    simulation.drainReads();
    assertThat(simulation.gaps).hasSize(1);
    assertThat(simulation.at).isEqualTo(head);
    assertThat(simulation.cursor.isFollowing()).isTrue();
  }

  @Test
  void whatIsHeldAndThenReadIsNotForeign() {
    Simulation simulation = new Simulation(new Random(1), Start.NOW, true);
    simulation.maxReplay = 10_000;
    simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
    simulation.drainReads();
    simulation.publish(1); // lost
    for (int i = 0; i < 3 * SeenFrames.LIMIT; i++) {
      simulation.arrive(simulation.publish(1));
      if (i == SeenFrames.LIMIT) {
        simulation.applyRead(); // asks
        simulation.applyRead(); // brings one page
      }
    }
    simulation.publish(1); // lost
    simulation.arrive(simulation.publish(1));
    for (int i = 0; i < 10_000 && simulation.reading; i++) {
      simulation.applyRead();
    }
    assertThat(simulation.at).isEqualTo(simulation.head());
    assertThat(simulation.gaps).isEmpty();
    assertThat(simulation.foreign).isZero();
  }

  @Test
  void aBogusFrameFarAheadIsDroppedAfterOneRead() {
    Simulation simulation = new Simulation(new Random(1), Start.NOW, true);
    simulation.readIf(simulation.cursor.wantRead(Origin.RECOVERED));
    simulation.drainReads();
    simulation.arrive(simulation.publish(1));
    simulation.arrive(
        TestFrames.frame(new Position(simulation.epoch, 1_000_000, "bogus"), "bogus2", 1));
    simulation.drainReads();
    assertThat(simulation.foreign).isOne();
    assertThat(simulation.gaps).isEmpty();
    simulation.arrive(simulation.publish(1));
    assertThat(simulation.reading).isFalse();
    assertThat(simulation.at).isEqualTo(simulation.head());
  }
}

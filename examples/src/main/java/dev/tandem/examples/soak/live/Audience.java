package dev.tandem.examples.soak.live;

import dev.tandem.api.Position;
import dev.tandem.examples.child.ChildJvm;
import dev.tandem.examples.console.Narrator;
import dev.tandem.examples.console.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The subscriber processes, each behind a way to the server of its own. Whichever ends, for
 * whatever reason, gets a successor that resumes where its reports end.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Audience implements AutoCloseable {
  private static final List<String> OPTIONS =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m");
  private static final Duration LAST_STATS = Duration.ofSeconds(5);

  private final Checker checker;
  private final Narrator narrator;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Member> members = new ArrayList<>();
  private final AtomicInteger deaths = new AtomicInteger();
  private final AtomicLong recovered = new AtomicLong();
  private final AtomicLong repaired = new AtomicLong();
  private volatile boolean closed;

  Audience(Checker checker, Narrator narrator) {
    this.checker = checker;
    this.narrator = narrator;
  }

  /** Starts a process for each of these ways to the server. */
  void start(List<String> redisUrls) throws IOException {
    for (int i = 0; i < redisUrls.size(); i++) {
      members.add(new Member(i, redisUrls.get(i)));
    }
  }

  /** Whether all subscriptions of all processes are active. */
  boolean isReady() {
    return present().stream().allMatch(member -> member.ready);
  }

  /** How many processes have died. */
  int deaths() {
    return deaths.get();
  }

  /** Messages that were read from the buffer after a cut or a slow spell. */
  long recovered() {
    return recovered.get();
  }

  /** Messages that were read from the buffer because they got lost on the way. */
  long repaired() {
    return repaired.get();
  }

  /** Waits for counts that are newer than this call. */
  void awaitStats() throws InterruptedException {
    List<Member> all = present();
    List<Long> before = all.stream().map(member -> member.statsReports.get()).toList();
    Waiting.until(
        () -> {
          for (int i = 0; i < all.size(); i++) {
            if (all.get(i).statsReports.get() < before.get(i) + 2) {
              return false;
            }
          }
          return true;
        },
        LAST_STATS);
  }

  /** Kills one process; its successor starts at once. */
  void kill(int which) throws InterruptedException {
    Member member = present().get(which);
    narrator.say("%s is killed (SIGKILL) and resumes where its reports end.", member);
    if (!member.process.kill()) {
      throw new IllegalStateException(member + " cannot be killed");
    }
  }

  /** Stops a process from running, then lets it go on. */
  void freeze(int which, long millis) throws InterruptedException, IOException {
    Member member = present().get(which);
    narrator.say("%s is frozen (SIGSTOP) for %d ms.", member, millis);
    member.process.freeze();
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } finally {
      member.process.thaw();
    }
  }

  private List<Member> present() {
    lock.lock();
    try {
      return List.copyOf(members);
    } finally {
      lock.unlock();
    }
  }

  private void ended(Member member) {
    lock.lock();
    try {
      int place = members.indexOf(member);
      if (closed || place < 0) {
        return;
      }
      deaths.incrementAndGet();
      members.set(place, new Member(member.subscriber, member.redisUrl));
    } catch (IOException e) {
      narrator.complain("tandem: a subscriber process cannot be started: " + e.getMessage());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    closed = true;
    present().forEach(member -> member.process.close());
  }

  /** One process. */
  private final class Member {
    final int subscriber;
    final String redisUrl;
    final AtomicLong statsReports = new AtomicLong();
    final ChildJvm process;
    volatile boolean ready;
    private long recoveredHere;
    private long repairedHere;

    Member(int subscriber, String redisUrl) throws IOException {
      this.subscriber = subscriber;
      this.redisUrl = redisUrl;
      this.process =
          ChildJvm.start(
              "soak-subscriber-" + (subscriber + 1),
              OPTIONS,
              SubscriberMain.class,
              this::accept,
              () -> ended(this));
      process.orders().println(redisUrl);
      for (int channel = 0; channel < LiveScenery.CHANNELS.size(); channel++) {
        Position from = checker.position(channel, subscriber);
        process.orders().println(from == null ? SubscriberMain.NOW : from.toString());
      }
    }

    private void accept(String line) {
      SubscriberReport report = SubscriberReport.parse(line);
      if (report == null) {
        return;
      }
      switch (report.kind()) {
        case READY -> ready = true;
        case BROKEN -> narrator.complain("tandem: " + this + " ended: " + report.text());
        case STATS -> count(report.channel(), Long.parseLong(report.text()));
        case STARTED, MESSAGE, GAP -> checker.accept(subscriber, report);
      }
    }

    private void count(long recoveredNow, long repairedNow) {
      recovered.addAndGet(recoveredNow - recoveredHere);
      repaired.addAndGet(repairedNow - repairedHere);
      recoveredHere = recoveredNow;
      repairedHere = repairedNow;
      statsReports.incrementAndGet();
    }

    @Override
    public String toString() {
      return "Subscriber " + (subscriber + 1);
    }
  }
}

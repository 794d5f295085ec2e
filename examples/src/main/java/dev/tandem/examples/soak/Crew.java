package dev.tandem.examples.soak;

import dev.tandem.examples.child.ChildJvm;
import dev.tandem.examples.console.Narrator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The worker processes. Whichever ends, for whatever reason, gets a successor.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Crew implements AutoCloseable {
  private static final List<String> OPTIONS =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m");

  private final String redisUrl;
  private final Ledger ledger;
  private final Narrator narrator;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Member> members = new ArrayList<>();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger deaths = new AtomicInteger();
  private volatile boolean closed;

  Crew(String redisUrl, Ledger ledger, Narrator narrator) {
    this.redisUrl = redisUrl;
    this.ledger = ledger;
    this.narrator = narrator;
  }

  /** Starts so many processes. */
  void start(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      members.add(new Member());
    }
  }

  /** How many processes have died before their time. */
  int deaths() {
    return deaths.get();
  }

  /** Whether each process reads the stream. */
  boolean isReady() {
    lock.lock();
    try {
      return members.stream().allMatch(member -> member.ready.get());
    } finally {
      lock.unlock();
    }
  }

  /** Kills one process; its successor starts at once. */
  void kill(int which) throws InterruptedException {
    Member member = member(which);
    narrator.say("%s is killed (SIGKILL).", member);
    if (!member.process.kill()) {
      throw new IllegalStateException(member + " cannot be killed");
    }
  }

  /** Stops a process from running, then lets it go on. */
  void freeze(int which, Pause pause) throws InterruptedException, IOException {
    Member member = member(which);
    narrator.say("%s is frozen (SIGSTOP) for %d ms.", member, pause.millis());
    member.process.freeze();
    try {
      pause.await();
    } finally {
      member.process.thaw();
    }
  }

  private Member member(int which) {
    lock.lock();
    try {
      return members.get(which);
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
      Member successor = new Member();
      members.set(place, successor);
      narrator.say("%s takes the place of %s.", successor, member);
    } catch (IOException e) {
      narrator.complain("tandem: a worker process cannot be started: " + e.getMessage());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    closed = true;
    lock.lock();
    try {
      members.forEach(member -> member.process.close());
    } finally {
      lock.unlock();
    }
  }

  /** One process. */
  private final class Member {
    final int number = started.incrementAndGet();
    final AtomicBoolean ready = new AtomicBoolean();
    final ChildJvm process;

    Member() throws IOException {
      process =
          ChildJvm.start(
              "soak-worker-" + number, OPTIONS, WorkerMain.class, this::accept, () -> ended(this));
      process.orders().println(redisUrl);
    }

    private void accept(String line) {
      WorkerReport report = WorkerReport.parse(line);
      if (report == null) {
        return;
      }
      switch (report.kind()) {
        case READY -> ready.set(true);
        case BROKEN -> narrator.complain("tandem: " + this + " ended: " + report.text());
        case BEGUN -> {
          ledger.accept(report);
          if (Fate.of(report.number()) == Fate.KILLS_ITS_PROCESS) {
            narrator.say("%s is killed by number %d, its handler.", this, report.number());
          }
        }
        case HANDLED, FAILED -> ledger.accept(report);
      }
    }

    @Override
    public String toString() {
      return "Worker " + number;
    }
  }
}

package dev.tandem.examples.soak.hybrid;

import dev.tandem.examples.child.ChildJvm;
import dev.tandem.examples.console.Narrator;
import dev.tandem.examples.soak.hybrid.ProcessReport.Kind;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A process that gets a successor whenever it ends, for whatever reason.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class Successors implements AutoCloseable {
  private static final List<String> OPTIONS =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m");

  private final String name;
  private final Class<?> main;
  private final Supplier<List<String>> orders;
  private final Consumer<ProcessReport> reports;
  private final Narrator narrator;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Member present;
  private int deaths;
  private boolean closed;

  /**
   * None is started yet.
   *
   * @param name what it is called where its fate is told
   * @param orders what each is told first, asked when it starts
   * @param reports gets what each reports
   */
  Successors(
      String name,
      Class<?> main,
      Supplier<List<String>> orders,
      Consumer<ProcessReport> reports,
      Narrator narrator) {
    this.name = name;
    this.main = main;
    this.orders = orders;
    this.reports = reports;
    this.narrator = narrator;
  }

  /** Starts the first. */
  void start() throws IOException {
    lock.lock();
    try {
      present = new Member();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the present one is at work. */
  boolean isReady() {
    Member member = present();
    return member != null && member.ready;
  }

  /** Kills the present one; its successor starts at once. */
  void kill() throws InterruptedException {
    Member member = present();
    if (member == null) {
      return;
    }
    narrator.say("%s is killed (SIGKILL).", name);
    if (!member.process.kill()) {
      throw new IllegalStateException(name + " cannot be killed");
    }
  }

  /** Gives the present one an order. */
  void order(String line) {
    Member member = present();
    if (member != null) {
      member.process.orders().println(line);
    }
  }

  /** How many have ended before their time. */
  int deaths() {
    lock.lock();
    try {
      return deaths;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Member present() {
    lock.lock();
    try {
      return present;
    } finally {
      lock.unlock();
    }
  }

  private void ended() {
    lock.lock();
    try {
      if (!closed) {
        deaths++;
        present = new Member();
      }
    } catch (IOException e) {
      narrator.complain("tandem: " + name + " cannot be started: " + e.getMessage());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    Member last;
    lock.lock();
    try {
      closed = true;
      last = present;
    } finally {
      lock.unlock();
    }
    if (last != null) {
      last.process.close();
    }
  }

  /** One process. */
  private final class Member {
    final ChildJvm process;
    volatile boolean ready;

    Member() throws IOException {
      process =
          ChildJvm.start(
              "soak-" + main.getSimpleName(), OPTIONS, main, this::accept, Successors.this::ended);
      orders.get().forEach(process.orders()::println);
    }

    private void accept(String line) {
      ProcessReport report = ProcessReport.parse(line);
      if (report == null) {
        return;
      }
      if (report.kind() == Kind.READY) {
        ready = true;
      } else if (report.kind() == Kind.BROKEN) {
        narrator.complain("tandem: " + name + " ended: " + report.text());
      }
      reports.accept(report);
    }
  }
}

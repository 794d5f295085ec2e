package dev.tandem.testkit.internal.proxy;

import java.time.Duration;

/** What is wrong with the network at the moment; the members are independent of each other. */
record Faults(long delayNanos, boolean refuse, boolean blackHole, boolean halfOpen) {

  static final Faults NONE = new Faults(0, false, false, false);

  Faults delayed(Duration delay) {
    return new Faults(delay.toNanos(), refuse, blackHole, halfOpen);
  }

  Faults refusing() {
    return new Faults(delayNanos, true, blackHole, halfOpen);
  }

  Faults swallowing() {
    return new Faults(delayNanos, refuse, true, halfOpen);
  }

  Faults silent() {
    return new Faults(delayNanos, refuse, blackHole, true);
  }

  /** Whether the server's bytes, and its closing, stay hidden from the client. */
  boolean hidesServer() {
    return blackHole || halfOpen;
  }
}

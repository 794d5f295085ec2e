package dev.tandem.benchmarks.harness;

/** A way that single messages go, at a pace that is set from outside. */
public interface Route extends AutoCloseable {
  /**
   * Sends a message. When it is where it is to go, {@link Times#arrived} is told, by any thread. It
   * may wait until then; what is to be sent meanwhile is late then, and that counts.
   */
  void send(int number);

  @Override
  void close();
}

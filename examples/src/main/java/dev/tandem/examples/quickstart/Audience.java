package dev.tandem.examples.quickstart;

/** The live subscribers, one for each tenant, and their way to Redis, which can be cut. */
interface Audience extends AutoCloseable {
  /** Subscribes, and returns when every subscriber gets what is published from now on. */
  void join() throws InterruptedException;

  /** Cuts the way; on return nothing gets through. */
  void disconnect() throws InterruptedException;

  /** Mends the way; the subscribers go on from where they were. */
  void reconnect() throws InterruptedException;

  /** How many messages came out of the buffer after the cut. */
  long recovered();

  @Override
  void close();
}

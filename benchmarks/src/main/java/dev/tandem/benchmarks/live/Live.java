package dev.tandem.benchmarks.live;

import java.util.function.Consumer;

/**
 * Channels of a {@link LiveBench}, published to and subscribed to with one library, over
 * connections of its own; in one process, but not over one connection.
 */
interface Live extends AutoCloseable {
  /** Adds a listener to a channel, which is given each payload. */
  void subscribe(int channel, Consumer<byte[]> listener) throws InterruptedException;

  /** Returns when all subscriptions are in force. */
  void awaitSubscribed() throws InterruptedException;

  /**
   * Publishes so many messages as fast as it can, each to the next channel in turn, and returns
   * when the server has taken all.
   *
   * @param from the number of the first
   */
  void publishAll(int from, int messages);

  /** Publishes one message and may wait for the reply. */
  void publish(int channel, byte[] payload);

  /** Ends all, and removes what is stored. */
  @Override
  void close();

  /** Opens them. */
  interface Opener {
    /** Opens so many channels. */
    Live open(LiveBench bench, int channels) throws InterruptedException;
  }
}

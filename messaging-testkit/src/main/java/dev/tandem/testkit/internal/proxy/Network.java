package dev.tandem.testkit.internal.proxy;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all links of one proxy have in common; but for the counter, for the loop's thread alone. */
final class Network {

  private static final Logger LOG = LoggerFactory.getLogger(Network.class);
  private static final int READ_BYTES = 64 * 1024;

  private final InetSocketAddress target;
  private final DropRules rules = new DropRules();
  private final AtomicLong dropped = new AtomicLong();
  private final ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
  private Faults faults = Faults.NONE;

  Network(InetSocketAddress target) {
    this.target = target;
  }

  InetSocketAddress target() {
    return target;
  }

  DropRules rules() {
    return rules;
  }

  Faults faults() {
    return faults;
  }

  void faults(Faults now) {
    faults = now;
  }

  /** An empty buffer, good until the next call. */
  ByteBuffer buffer() {
    return buffer.clear();
  }

  /** When bytes that come in now may go out. */
  long due() {
    return System.nanoTime() + faults.delayNanos();
  }

  void countDropped() {
    dropped.incrementAndGet();
  }

  long dropped() {
    return dropped.get();
  }

  /** Closes with an RST. */
  static void reset(SocketChannel channel) {
    try {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException | UnsupportedOperationException e) {
      LOG.debug("A connection of the fault proxy was closed before it could be reset", e);
    }
    closeQuietly(channel);
  }

  static void closeQuietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      LOG.debug("A connection of the fault proxy did not close", e);
    }
  }
}

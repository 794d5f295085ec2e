package dev.tandem.testkit.internal.proxy;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client and the one to the server that belongs to it. Used by the loop's
 * thread alone.
 *
 * <p>Once a byte, or the end of a side, was lost to a fault, the connection is incomplete: both
 * ends believe different things. It then lives on while the fault lasts and is reset by the
 * healing.
 */
final class Link {

  private final Network network;
  private final SocketChannel client;
  private final SelectionKey clientKey;
  private final @Nullable SocketChannel server;
  private final @Nullable SelectionKey serverKey;
  private final Flow requests = new Flow();
  private final Flow replies = new Flow();
  private final ReplyTap tap;
  private boolean connected;
  private boolean clientReads = true;
  private boolean serverReads = true;
  private boolean serverGone;
  private boolean requestsBlocked;
  private boolean repliesBlocked;
  private boolean requestsEnded;
  private boolean repliesEnded;
  private boolean hungUp;
  private boolean incomplete;
  private boolean open = true;

  /** Takes over the accepted client; without a server address nothing is ever forwarded. */
  Link(Network network, SocketChannel client, Selector selector) throws IOException {
    this.network = network;
    this.client = client;
    this.tap = new ReplyTap(network.rules());
    client.configureBlocking(false);
    client.setOption(StandardSocketOptions.TCP_NODELAY, true);
    this.clientKey = client.register(selector, SelectionKey.OP_READ, this);
    if (network.faults().blackHole()) {
      server = null;
      serverKey = null;
      incomplete = true;
      return;
    }
    SocketChannel toServer = SocketChannel.open();
    try {
      toServer.configureBlocking(false);
      toServer.setOption(StandardSocketOptions.TCP_NODELAY, true);
      connected = toServer.connect(network.target());
      serverKey =
          toServer.register(
              selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
    } catch (IOException e) {
      toServer.close();
      throw e;
    }
    server = toServer;
  }

  boolean isOpen() {
    return open;
  }

  /** Does what the key is ready for. */
  void ready(SelectionKey key) {
    try {
      if (key == clientKey) {
        if (key.isReadable()) {
          readClient();
        }
      } else {
        if (key.isConnectable()) {
          connect();
        }
        if (open && key.isValid() && key.isReadable()) {
          readServer();
        }
      }
    } catch (CancelledKeyException e) {
      // Closed by an earlier event of the same round.
    }
  }

  private void connect() {
    SocketChannel toServer = server;
    if (toServer == null) {
      return;
    }
    try {
      connected = toServer.finishConnect();
    } catch (IOException e) {
      serverFailed();
    }
  }

  private void readClient() {
    ByteBuffer data = network.buffer();
    int count;
    try {
      count = client.read(data);
    } catch (IOException e) {
      clientReads = false;
      if (network.faults().blackHole()) {
        incomplete = true;
      } else {
        reset();
      }
      return;
    }
    if (count < 0) {
      clientReads = false;
      if (hungUp) {
        close();
      } else if (network.faults().blackHole()) {
        incomplete = true;
      } else {
        requests.end(Flow.Standing.ENDED, network.due());
      }
    } else if (network.faults().blackHole() || server == null) {
      incomplete = true;
    } else if (!serverGone) {
      requests.add(tap.fromClient(data.flip()), network.due());
    }
  }

  private void readServer() {
    SocketChannel toServer = server;
    if (toServer == null) {
      return;
    }
    ByteBuffer data = network.buffer();
    int count;
    try {
      count = toServer.read(data);
    } catch (IOException e) {
      serverFailed();
      return;
    }
    if (count < 0) {
      serverReads = false;
      if (network.faults().hidesServer()) {
        incomplete = true;
      } else {
        replies.end(Flow.Standing.ENDED, network.due());
      }
      return;
    }
    if (network.faults().hidesServer()) {
      incomplete = true;
      return;
    }
    replies.add(tap.fromServer(data.flip()), network.due());
    if (tap.dropped()) {
      serverReads = false;
      clientReads = false;
      network.countDropped();
      replies.end(tap.resets() ? Flow.Standing.RESET : Flow.Standing.HUNG_UP, network.due());
    }
  }

  private void serverFailed() {
    serverReads = false;
    serverGone = true;
    requests.clear();
    if (network.faults().hidesServer()) {
      incomplete = true;
    } else {
      replies.end(Flow.Standing.RESET, network.due());
    }
  }

  /** Loses what is on its way under the faults that now hold. */
  void loseInFlight() {
    if (network.faults().blackHole() && requests.clear()) {
      incomplete = true;
    }
    if (network.faults().hidesServer() && replies.clear()) {
      incomplete = true;
    }
  }

  /** Resets the connection if the faults that end now have made it incomplete. */
  void heal() {
    if (incomplete) {
      reset();
    }
  }

  /** Nanoseconds until something is due, or -1. */
  long waitNanos(long nowNanos) {
    long first = requestsBlocked || !connected ? -1 : requests.waitNanos(nowNanos);
    long second = repliesBlocked ? -1 : replies.waitNanos(nowNanos);
    if (first < 0 || second < 0) {
      return Math.max(first, second);
    }
    return Math.min(first, second);
  }

  /** Writes what is due, and asks the selector for what can happen next. */
  void flush(long nowNanos) {
    if (open) {
      flushRequests(nowNanos);
    }
    if (open) {
      flushReplies(nowNanos);
    }
    if (open && requestsEnded && repliesEnded) {
      close();
    }
    if (open) {
      clientKey.interestOps(interest(clientReads && requests.hasRoom(), repliesBlocked));
      if (serverKey != null && serverKey.isValid()) {
        serverKey.interestOps(
            connected
                ? interest(serverReads && replies.hasRoom(), requestsBlocked)
                : serverGone ? 0 : SelectionKey.OP_CONNECT);
      }
    }
  }

  private static int interest(boolean read, boolean write) {
    return (read ? SelectionKey.OP_READ : 0) | (write ? SelectionKey.OP_WRITE : 0);
  }

  private void flushRequests(long nowNanos) {
    SocketChannel toServer = server;
    if (toServer == null || !connected || serverGone) {
      return;
    }
    try {
      Flow.Standing standing = requests.flush(toServer, nowNanos);
      requestsBlocked = standing == Flow.Standing.BLOCKED;
      if (standing == Flow.Standing.ENDED) {
        requestsEnded = true;
        toServer.shutdownOutput();
      }
    } catch (IOException e) {
      requestsBlocked = false;
      serverFailed();
    }
  }

  private void flushReplies(long nowNanos) {
    try {
      Flow.Standing standing = replies.flush(client, nowNanos);
      repliesBlocked = standing == Flow.Standing.BLOCKED;
      if (standing == Flow.Standing.RESET) {
        reset();
      } else if (standing == Flow.Standing.ENDED) {
        repliesEnded = true;
        client.shutdownOutput();
      } else if (standing == Flow.Standing.HUNG_UP) {
        hangUp();
      }
    } catch (IOException e) {
      reset();
    }
  }

  /** Lets the client read to the end: an RST might overtake what it was sent. */
  private void hangUp() throws IOException {
    hungUp = true;
    clientReads = true;
    serverGone = true;
    requests.clear();
    client.shutdownOutput();
    if (server != null) {
      Network.reset(server);
    }
  }

  /** Ends both connections with an RST. */
  void reset() {
    if (open) {
      open = false;
      Network.reset(client);
      if (server != null) {
        Network.reset(server);
      }
    }
  }

  /** Ends both connections. */
  void close() {
    if (open) {
      open = false;
      Network.closeQuietly(client);
      if (server != null) {
        Network.closeQuietly(server);
      }
    }
  }
}

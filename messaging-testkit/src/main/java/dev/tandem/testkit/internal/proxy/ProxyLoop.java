package dev.tandem.testkit.internal.proxy;

import dev.tandem.testkit.internal.server.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that accepts, reads, delays and writes for all connections of a proxy. Faults are
 * handed to it as orders, so that a fault is in force for every connection when its method returns.
 * Public methods may be called by any thread.
 */
public final class ProxyLoop {

  private static final Logger LOG = LoggerFactory.getLogger(ProxyLoop.class);
  private static final int MAX_CONNECTIONS = 1_024;
  private static final int BACKLOG = 128;
  private static final int PORT_ATTEMPTS = 10;
  private static final Duration ORDER_TIMEOUT = Duration.ofSeconds(10);

  private record Order(Runnable action, CompletableFuture<Void> done) {}

  private final Network network;
  private final Selector selector;
  private final int port;
  private final Thread thread;
  private final Queue<Order> orders = new ConcurrentLinkedQueue<>();
  private final List<Link> links = new ArrayList<>();
  private @Nullable ServerSocketChannel listener;
  private volatile int connections;
  private volatile boolean closed;

  /** Listens on a free loopback port and forwards to the target. */
  public ProxyLoop(InetSocketAddress target) {
    network = new Network(target);
    try {
      selector = Selector.open();
      port = listenAnywhere();
    } catch (IOException e) {
      throw new UncheckedIOException("the fault proxy to " + target + " did not start", e);
    }
    thread = new Thread(this::run, "tandem-fault-proxy-" + port);
    thread.setDaemon(true);
    thread.start();
  }

  private int listenAnywhere() throws IOException {
    for (int attempt = 1; ; attempt++) {
      int candidate = Ports.free();
      try {
        listen(candidate);
        return candidate;
      } catch (IOException e) {
        if (attempt == PORT_ATTEMPTS) {
          selector.close();
          throw e;
        }
      }
    }
  }

  private void listen(int wanted) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), BACKLOG);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_ACCEPT);
      listener = channel;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  public int port() {
    return port;
  }

  public int connections() {
    return connections;
  }

  public long dropped() {
    return network.dropped();
  }

  public void delay(Duration delay) {
    order(() -> network.faults(network.faults().delayed(delay)));
  }

  public void reset() {
    order(this::resetAll);
  }

  /** Closes the listener and resets every connection. */
  public void refuse() {
    order(
        () -> {
          network.faults(network.faults().refusing());
          resetAll();
          if (listener != null) {
            Network.closeQuietly(listener);
            listener = null;
          }
        });
  }

  public void blackHole() {
    order(
        () -> {
          network.faults(network.faults().swallowing());
          links.forEach(Link::loseInFlight);
        });
  }

  public void halfOpen() {
    order(
        () -> {
          network.faults(network.faults().silent());
          links.forEach(Link::loseInFlight);
        });
  }

  public void dropReplies(int requests) {
    order(() -> network.rules().addAny(requests));
  }

  public void dropReply(Predicate<String> request) {
    order(() -> network.rules().add(request));
  }

  /** Ends all faults. */
  public void heal() {
    order(
        () -> {
          network.faults(Faults.NONE);
          network.rules().clear();
          links.forEach(Link::heal);
          if (listener == null) {
            listenAgain();
          }
        });
  }

  private void listenAgain() {
    try {
      listen(port);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the fault proxy could not listen on port " + port + " again", e);
    }
  }

  private void resetAll() {
    accept();
    links.forEach(Link::reset);
  }

  private void order(Runnable action) {
    if (Thread.currentThread() == thread) {
      action.run();
      return;
    }
    Order order = new Order(action, new CompletableFuture<>());
    orders.add(order);
    selector.wakeup();
    if (closed) {
      order.done().completeExceptionally(closedAlready());
    }
    try {
      order.done().get(ORDER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the fault proxy changes", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("the fault proxy did not change within " + ORDER_TIMEOUT, e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private IllegalStateException closedAlready() {
    return new IllegalStateException("the fault proxy on port " + port + " is closed");
  }

  /** Ends every connection; waits for the thread's end. */
  public void close() {
    closed = true;
    selector.wakeup();
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join(ORDER_TIMEOUT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (!closed) {
        select();
        obey();
        flush();
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("The fault proxy on port {} ends by an error", port, e);
    } finally {
      closed = true;
      end();
    }
  }

  private void select() throws IOException {
    long wait = waitNanos();
    if (wait < 0) {
      selector.select(this::ready);
    } else if (wait == 0) {
      selector.selectNow(this::ready);
    } else {
      // Rounded up: one millisecond late is better than a busy loop.
      selector.select(this::ready, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
    }
  }

  private long waitNanos() {
    long now = System.nanoTime();
    long shortest = -1;
    for (Link link : links) {
      long wait = link.waitNanos(now);
      if (wait >= 0 && (shortest < 0 || wait < shortest)) {
        shortest = wait;
      }
    }
    return shortest;
  }

  private void ready(SelectionKey key) {
    if (key.attachment() instanceof Link link) {
      link.ready(key);
    } else {
      accept();
    }
  }

  private void accept() {
    while (listener != null) {
      SocketChannel client;
      try {
        client = listener.accept();
      } catch (IOException e) {
        LOG.warn("The fault proxy on port {} could not accept a connection", port, e);
        return;
      }
      if (client == null) {
        return;
      }
      take(client);
    }
  }

  private void take(SocketChannel client) {
    if (links.size() >= MAX_CONNECTIONS) {
      LOG.warn(
          "The fault proxy on port {} has {} connections and takes no more", port, MAX_CONNECTIONS);
      Network.reset(client);
      return;
    }
    try {
      links.add(new Link(network, client, selector));
      connections = links.size();
    } catch (IOException e) {
      LOG.debug("No connection to {}", network.target(), e);
      Network.reset(client);
    }
  }

  private void obey() throws IOException {
    List<Order> done = new ArrayList<>();
    for (Order order = orders.poll(); order != null; order = orders.poll()) {
      try {
        order.action().run();
        done.add(order);
      } catch (RuntimeException e) {
        order.done().completeExceptionally(e);
      }
    }
    if (!done.isEmpty()) {
      removeClosed();
      // A closed channel lets go of its socket in the next selection only.
      selector.selectNow(this::ready);
      done.forEach(order -> order.done().complete(null));
    }
  }

  private void flush() {
    long now = System.nanoTime();
    links.forEach(link -> link.flush(now));
    removeClosed();
  }

  private void removeClosed() {
    links.removeIf(link -> !link.isOpen());
    connections = links.size();
  }

  private void end() {
    links.forEach(Link::close);
    links.clear();
    connections = 0;
    if (listener != null) {
      Network.closeQuietly(listener);
    }
    Network.closeQuietly(selector);
    for (Order order = orders.poll(); order != null; order = orders.poll()) {
      order.done().completeExceptionally(closedAlready());
    }
  }
}

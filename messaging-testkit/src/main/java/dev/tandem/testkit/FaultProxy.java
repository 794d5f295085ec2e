package dev.tandem.testkit;

import dev.tandem.testkit.internal.proxy.ProxyLoop;
import dev.tandem.testkit.internal.resp.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * A TCP proxy on 127.0.0.1 between a client and a Redis server, with faults that are switched on
 * and off while connections are open.
 *
 * <p>A fault holds for all connections, present and coming, until {@link #heal()}; several may hold
 * together. When a method returns, its fault is in force. A client that connects while the server
 * is down is accepted and then reset. A connection that lost bytes, or did not learn that the other
 * side closed, cannot be made whole again: {@link #heal()} resets it.
 *
 * <p>At most 1,024 connections at a time (more are reset), and 8 MiB on the way in each direction
 * of each; then the sender is not read until there is room. The proxy forwards TLS as it stands,
 * but cannot see requests in it.
 *
 * <p>Thread safety: instances may be used by any number of threads. One daemon thread does the
 * work.
 */
public final class FaultProxy implements AutoCloseable {

  private final ProxyLoop loop;
  private final String url;

  private FaultProxy(Endpoint target) {
    loop = new ProxyLoop(new InetSocketAddress(target.host(), target.port()));
    url = target.at(InetAddress.getLoopbackAddress().getHostAddress(), loop.port()).url();
  }

  /**
   * Puts a proxy in front of an address. The address need not answer yet.
   *
   * @param host the server's host
   * @param port the server's port
   * @return a proxy that forwards
   */
  public static FaultProxy to(String host, int port) {
    return new FaultProxy(Endpoint.of(host, port));
  }

  /**
   * Puts a proxy in front of a server; it stays good when the server restarts.
   *
   * @param server the server
   * @return a proxy that forwards
   */
  public static FaultProxy to(RedisServer server) {
    return new FaultProxy(Endpoint.parse(server.url()));
  }

  /**
   * The URL for clients, with the server's login if it has one.
   *
   * @return for example {@code redis://127.0.0.1:20124}
   */
  public String url() {
    return url;
  }

  /**
   * The address the proxy listens on.
   *
   * @return 127.0.0.1
   */
  public String host() {
    return InetAddress.getLoopbackAddress().getHostAddress();
  }

  /**
   * The port the proxy listens on; stays the same through {@link #refuse()} and {@link #heal()}.
   *
   * @return 1 to 65535
   */
  public int port() {
    return loop.port();
  }

  /**
   * How many connections of clients the proxy holds, those included whose client closed during a
   * {@link #blackHole()}.
   *
   * @return 0 to 1,024
   */
  public int connections() {
    return loop.connections();
  }

  /**
   * How many replies were lost by {@link #executeButDropReply} and {@link #dropRepliesAndReset}.
   *
   * @return the count since the proxy began
   */
  public long droppedReplies() {
    return loop.dropped();
  }

  /**
   * Lets everything arrive later, in both directions, in order; a round trip takes twice the delay
   * longer. Throughput is not limited. Bytes already on their way keep their time.
   *
   * @param delay zero or more, to within about a millisecond
   * @throws IllegalArgumentException when the delay is negative
   */
  public void delay(Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay " + delay + " is refused: zero or more");
    }
    loop.delay(delay);
  }

  /** Ends all present connections with an RST, on both sides. New ones are served. */
  public void reset() {
    loop.reset();
  }

  /** Ends all present connections with an RST and has new ones refused by the system. */
  public void refuse() {
    loop.refuse();
  }

  /**
   * Swallows all bytes in both directions. Connections stay open and new ones are accepted, but not
   * even a close reaches the other side; the server does not learn of new connections.
   */
  public void blackHole() {
    loop.blackHole();
  }

  /**
   * Swallows all that comes from the server, its closing included. What clients send still reaches
   * the server and is executed.
   */
  public void halfOpen() {
    loop.halfOpen();
  }

  /**
   * Loses the replies to the next requests, whatever they are, and resets the connection of each:
   * executed, but the client cannot know. The RST may take replies with it that were delivered
   * before and not read yet. What a client sends behind such a request on the same connection is
   * not forwarded. Counts the requests with which a client library sets up its connection, too.
   *
   * @param requests how many, one or more
   * @throws IllegalArgumentException when less than one is asked for
   */
  public void dropRepliesAndReset(int requests) {
    if (requests < 1) {
      throw new IllegalArgumentException("requests " + requests + " is refused: one or more");
    }
    loop.dropReplies(requests);
  }

  /**
   * Loses the reply to the next request that matches, and ends its connection: executed, but the
   * client cannot know. Replies to earlier requests of the connection are delivered first, and then
   * its end (a FIN, since an RST could overtake them); what the client sends behind it is not
   * forwarded. Each call is good for one request; several may wait.
   *
   * <p>Requests of a connection that is in the subscribe mode of RESP2, or has used {@code MONITOR}
   * or {@code CLIENT REPLY}, are not looked at; the {@code SUBSCRIBE} that begins the mode is.
   *
   * @param commandLine gets the command's name and arguments, joined by spaces, read as Latin-1,
   *     cut after 64 KiB; called by the proxy's thread, must return at once
   */
  public void executeButDropReply(Predicate<String> commandLine) {
    loop.dropReply(commandLine);
  }

  /** Ends all faults and all waiting orders for lost replies. */
  public void heal() {
    loop.heal();
  }

  /** Ends all connections and stops listening. Closing again does nothing. */
  @Override
  public void close() {
    loop.close();
  }

  /** Names the URL without a login. */
  @Override
  public String toString() {
    return "FaultProxy[" + host() + ":" + port() + "]";
  }
}

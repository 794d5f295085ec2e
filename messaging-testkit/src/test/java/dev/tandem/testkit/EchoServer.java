package dev.tandem.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Sends every byte back, and counts them. */
final class EchoServer implements AutoCloseable {

  private final ServerSocket listener = new ServerSocket();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  private final AtomicLong received = new AtomicLong();

  EchoServer() throws IOException {
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    daemon(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  long received() {
    return received.get();
  }

  int connections() {
    return sockets.size();
  }

  void closeConnections() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        if (closed) {
          socket.close();
          return;
        }
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        daemon(() -> echo(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void echo(Socket socket) {
    byte[] buffer = new byte[64 * 1024];
    try (socket) {
      InputStream in = socket.getInputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        received.addAndGet(n);
        socket.getOutputStream().write(buffer, 0, n);
      }
    } catch (IOException e) {
      // The test ended the connection.
    } finally {
      sockets.remove(socket);
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "echo");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    // An accept that is under way may still succeed once.
    closed = true;
    listener.close();
    closeConnections();
  }
}

package dev.tandem.pubsub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.testkit.RedisServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands between a subscriber and its server and does to published messages what a network of
 * servers may do: loses some, brings some twice, some much later again, and some in another order.
 * Everything else passes as it is.
 */
final class ShufflingProxy implements AutoCloseable {
  private static final int REMEMBERED = 200;
  private static final int MOST_HELD = 5;

  private final RedisServer server;
  private final String affected;
  private final long seed;
  private final ServerSocket socket;
  private final Queue<Socket> open = new ConcurrentLinkedQueue<>();
  private final AtomicLong lost = new AtomicLong();
  private final AtomicLong repeated = new AtomicLong();
  private final AtomicLong reordered = new AtomicLong();

  /**
   * Begins to listen.
   *
   * @param affected part of the names of the channels whose messages are shuffled
   */
  ShufflingProxy(RedisServer server, String affected, long seed) throws IOException {
    this.server = server;
    this.affected = affected;
    this.seed = seed;
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  String url() {
    return "redis://" + socket.getInetAddress().getHostAddress() + ":" + socket.getLocalPort();
  }

  long lost() {
    return lost.get();
  }

  long repeated() {
    return repeated.get();
  }

  long reordered() {
    return reordered.get();
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "shuffling-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = socket.accept();
        Socket upstream = new Socket(server.host(), server.port());
        upstream.setTcpNoDelay(true);
        client.setTcpNoDelay(true);
        open.add(client);
        open.add(upstream);
        start(() -> forward(client, upstream));
        start(() -> shuffle(upstream, client));
      }
    } catch (IOException closed) {
      close();
    }
  }

  private static void forward(Socket client, Socket upstream) {
    try (client;
        upstream) {
      client.getInputStream().transferTo(upstream.getOutputStream());
    } catch (IOException ended) {
      // so does the connection
    }
  }

  private void shuffle(Socket upstream, Socket client) {
    List<byte[]> held = new ArrayList<>();
    List<byte[]> past = new ArrayList<>();
    Random random = new Random(seed);
    try (client;
        upstream) {
      InputStream in = new BufferedInputStream(upstream.getInputStream());
      DataInputStream replies = new DataInputStream(in);
      OutputStream out = client.getOutputStream();
      while (true) {
        ByteArrayOutputStream reply = new ByteArrayOutputStream();
        read(replies, reply);
        byte[] bytes = reply.toByteArray();
        if (isAffected(bytes)) {
          past.add(bytes);
          if (past.size() > REMEMBERED) {
            past.remove(0);
          }
          pass(bytes, held, past, random, out);
        } else {
          out.write(bytes);
        }
        out.flush();
      }
    } catch (IOException ended) {
      // so does the connection
    }
  }

  private boolean isAffected(byte[] reply) {
    String head = new String(reply, 0, Math.min(reply.length, 200), US_ASCII);
    return head.startsWith("3\r\n$7\r\nmessage\r\n", 1) && head.contains(affected);
  }

  private void pass(
      byte[] message, List<byte[]> held, List<byte[]> past, Random random, OutputStream out)
      throws IOException {
    switch (random.nextInt(8)) {
      case 0 -> lost.incrementAndGet();
      case 1 -> {
        out.write(message);
        out.write(message);
        repeated.incrementAndGet();
      }
      case 2 -> {
        out.write(past.get(random.nextInt(past.size())));
        out.write(message);
        repeated.incrementAndGet();
      }
      case 3, 4 -> held.add(message);
      default -> out.write(message);
    }
    if (held.size() == MOST_HELD) {
      Collections.shuffle(held, random);
      for (byte[] late : held) {
        out.write(late);
        reordered.incrementAndGet();
      }
      held.clear();
    }
  }

  /** Copies one reply of the protocol, whatever it is. */
  private static void read(DataInputStream in, ByteArrayOutputStream out) throws IOException {
    String line = line(in, out);
    switch (line.charAt(0)) {
      case '$', '=', '!' -> {
        int length = Integer.parseInt(line.substring(1));
        if (length >= 0) {
          out.write(in.readNBytes(length + 2));
        }
      }
      case '*', '>', '~' -> readAll(in, out, Integer.parseInt(line.substring(1)));
      case '%' -> readAll(in, out, 2 * Integer.parseInt(line.substring(1)));
      default -> {
        // the line was all
      }
    }
  }

  private static void readAll(DataInputStream in, ByteArrayOutputStream out, int parts)
      throws IOException {
    for (int i = 0; i < parts; i++) {
      read(in, out);
    }
  }

  private static String line(DataInputStream in, ByteArrayOutputStream out) throws IOException {
    StringBuilder line = new StringBuilder();
    int next = in.readUnsignedByte();
    while (next != '\n') {
      line.append((char) next);
      out.write(next);
      next = in.readUnsignedByte();
    }
    out.write(next);
    return line.toString().strip();
  }

  @Override
  public void close() {
    try {
      socket.close();
      for (Socket each : open) {
        each.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

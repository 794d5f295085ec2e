package dev.tandem.testkit.internal.resp;

import dev.tandem.testkit.RedisErrorException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** One blocking RESP2 connection. Not safe for use by several threads at once. */
public final class RespClient implements AutoCloseable {

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  private RespClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Connects, authenticates and selects; {@code timeout} bounds the connect and every read. */
  public static RespClient connect(Endpoint endpoint, Duration timeout) throws IOException {
    int millis = (int) Math.max(1, Math.min(Integer.MAX_VALUE, timeout.toMillis()));
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(millis);
      socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), millis);
      if (endpoint.tls()) {
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        socket = factory.createSocket(socket, endpoint.host(), endpoint.port(), true);
      }
      RespClient client = new RespClient(socket);
      client.greet(endpoint);
      return client;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private void greet(Endpoint endpoint) throws IOException {
    String password = endpoint.password();
    if (password != null) {
      String user = endpoint.user();
      if (user == null) {
        call("AUTH", password);
      } else {
        call("AUTH", user, password);
      }
    }
    if (endpoint.database() != 0) {
      call("SELECT", Integer.toString(endpoint.database()));
    }
  }

  /**
   * Sends one command and waits for its reply: text (UTF-8), Long, List or null.
   *
   * @throws RedisErrorException when the reply is an error; an error inside a list stays an element
   */
  public @Nullable Object call(String... command) throws IOException {
    send(command);
    Object reply = read();
    if (reply instanceof RedisErrorException error) {
      throw error;
    }
    return reply;
  }

  private void send(String... command) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.writeBytes(ascii("*" + command.length + "\r\n"));
    for (String argument : command) {
      byte[] bytes = argument.getBytes(StandardCharsets.UTF_8);
      frame.writeBytes(ascii("$" + bytes.length + "\r\n"));
      frame.writeBytes(bytes);
      frame.writeBytes(ascii("\r\n"));
    }
    out.write(frame.toByteArray());
    out.flush();
  }

  private @Nullable Object read() throws IOException {
    String line = line();
    if (line.isEmpty()) {
      throw new IOException("an empty line where a reply should begin");
    }
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '+' -> rest;
      case '-' -> new RedisErrorException(rest);
      case ':' -> Long.valueOf(rest);
      case '$' -> bulk(Integer.parseInt(rest));
      case '*' -> list(Integer.parseInt(rest));
      default -> throw new IOException("not a RESP2 reply: " + line);
    };
  }

  private @Nullable String bulk(int length) throws IOException {
    if (length < 0) {
      return null;
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length || in.readNBytes(2).length < 2) {
      throw closed();
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private @Nullable List<@Nullable Object> list(int size) throws IOException {
    if (size < 0) {
      return null;
    }
    List<@Nullable Object> elements = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      elements.add(read());
    }
    return elements;
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw closed();
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  private static EOFException closed() {
    return new EOFException("the server closed the connection");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException ignored) {
      // Nothing more can be done for a socket that does not close.
    }
  }
}

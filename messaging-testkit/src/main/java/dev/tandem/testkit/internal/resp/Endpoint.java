package dev.tandem.testkit.internal.resp;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Where a server is and how to log in there; {@code toString} shows no password. */
public record Endpoint(
    String host,
    int port,
    @Nullable String user,
    @Nullable String password,
    int database,
    boolean tls) {

  private static final int DEFAULT_PORT = 6379;

  /** A server without a login. */
  public static Endpoint of(String host, int port) {
    return new Endpoint(host, port, null, null, 0, false);
  }

  /** The same server, behind the default user's password. */
  public Endpoint withPassword(@Nullable String newPassword) {
    return new Endpoint(host, port, user, newPassword, database, tls);
  }

  /** The same login at another address. */
  public Endpoint at(String newHost, int newPort) {
    return new Endpoint(newHost, newPort, user, password, database, tls);
  }

  /** Reads {@code redis[s]://[[user]:password@]host[:port][/database]}. */
  public static Endpoint parse(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw refused("it is no URL");
    }
    String scheme = uri.getScheme();
    String host = uri.getHost();
    if (scheme == null || !(scheme.equals("redis") || scheme.equals("rediss"))) {
      throw refused("it must begin with redis:// or rediss://");
    }
    if (host == null) {
      throw refused("it names no host");
    }
    String user = null;
    String password = null;
    String login = uri.getRawUserInfo();
    if (login != null) {
      int colon = login.indexOf(':');
      password = decode(login.substring(colon + 1));
      user = colon > 0 ? decode(login.substring(0, colon)) : null;
    }
    int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
    return new Endpoint(host, port, user, password, database(uri), scheme.equals("rediss"));
  }

  private static int database(URI uri) {
    String path = uri.getPath();
    if (path == null || path.isEmpty() || path.equals("/")) {
      return 0;
    }
    try {
      return Integer.parseUnsignedInt(path.substring(1));
    } catch (NumberFormatException e) {
      throw refused("its path must be a database number, not " + path);
    }
  }

  // The URL itself stays out of the message: it may hold a password.
  private static IllegalArgumentException refused(String why) {
    return new IllegalArgumentException(
        "the Redis URL is refused: "
            + why
            + "; expected redis[s]://[[user]:password@]host[:port][/db]");
  }

  /** The URL with the login in it. */
  public String url() {
    StringBuilder url = new StringBuilder(tls ? "rediss://" : "redis://");
    if (password != null) {
      url.append(user == null ? "" : encode(user)).append(':').append(encode(password)).append('@');
    }
    url.append(host).append(':').append(port);
    return database == 0 ? url.toString() : url.append('/').append(database).toString();
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}

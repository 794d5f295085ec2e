package dev.tandem.redis.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.InvalidValueException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;

/**
 * A Redis address with what belongs to it. Its text form and its errors never show the password.
 *
 * @param host name or address
 * @param port 1 to 65535
 * @param tls whether to speak TLS ({@code rediss})
 * @param user the ACL user, or null for the default one
 * @param password the password, or null for none
 * @param database the database's number
 */
public record RedisUrl(
    String host,
    int port,
    boolean tls,
    @Nullable String user,
    @Nullable String password,
    int database) {
  private static final int DEFAULT_PORT = 6379;
  private static final String RULE =
      "must be redis://[user:password@]host[:port][/database], or rediss:// for TLS";

  /** Reads an address. */
  public static RedisUrl parse(@Nullable String url) {
    if (url == null) {
      throw new InvalidValueException("Redis URL", null, RULE);
    }
    try {
      URI uri = new URI(url.strip());
      boolean tls = "rediss".equals(uri.getScheme());
      if (uri.getHost() == null || !(tls || "redis".equals(uri.getScheme()))) {
        throw refused(url);
      }
      int port = uri.getPort() == -1 ? DEFAULT_PORT : uri.getPort();
      String[] credentials = credentials(uri.getRawUserInfo());
      return new RedisUrl(
          checkedHost(uri.getHost(), url),
          checkedPort(port, url),
          tls,
          credentials[0],
          credentials[1],
          database(uri.getPath(), url));
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw refused(url);
    }
  }

  /**
   * Reads the usual environment variables: {@code REDIS_URL}, or else {@code REDIS_HOST}, {@code
   * REDIS_PORT}, {@code REDIS_USERNAME}, {@code REDIS_PASSWORD} and {@code REDIS_DB}; localhost if
   * none is set.
   */
  public static RedisUrl fromEnvironment(Map<String, String> environment) {
    String url = environment.get("REDIS_URL");
    if (url != null && !url.isBlank()) {
      return parse(url);
    }
    return new RedisUrl(
        environment.getOrDefault("REDIS_HOST", "localhost"),
        number(environment, "REDIS_PORT", DEFAULT_PORT, 1, 65_535),
        false,
        environment.get("REDIS_USERNAME"),
        environment.get("REDIS_PASSWORD"),
        number(environment, "REDIS_DB", 0, 0, 1_000_000));
  }

  HostAndPort hostAndPort() {
    return new HostAndPort(host, port);
  }

  /** Without user and password. */
  @Override
  public String toString() {
    return (tls ? "rediss://" : "redis://")
        + (host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host)
        + ":"
        + port
        + (database == 0 ? "" : "/" + database);
  }

  private static int number(
      Map<String, String> environment, String name, int otherwise, int least, int most) {
    String text = environment.get(name);
    if (text == null || text.isBlank()) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(text.strip());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new InvalidValueException(name, text, "must be " + least + " to " + most, e);
    }
    throw new InvalidValueException(name, text, "must be " + least + " to " + most);
  }

  private static @Nullable String[] credentials(@Nullable String rawUserInfo) {
    if (rawUserInfo == null) {
      return new @Nullable String[] {null, null};
    }
    String[] parts = rawUserInfo.split(":", 2);
    String user =
        parts[0].isEmpty() ? null : URLDecoder.decode(parts[0].replace("+", "%2B"), UTF_8);
    String password =
        parts.length < 2 ? null : URLDecoder.decode(parts[1].replace("+", "%2B"), UTF_8);
    return new @Nullable String[] {user, password};
  }

  private static String checkedHost(String host, String url) {
    if (host.isEmpty()) {
      throw refused(url);
    }
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static int checkedPort(int port, String url) {
    if (port < 1 || port > 65_535) {
      throw refused(url);
    }
    return port;
  }

  private static int database(@Nullable String path, String url) {
    if (path == null || path.isEmpty() || path.equals("/")) {
      return 0;
    }
    if (!path.matches("/\\d{1,6}")) {
      throw refused(url);
    }
    return Integer.parseInt(path.substring(1));
  }

  private static InvalidValueException refused(String url) {
    return new InvalidValueException("Redis URL", url.replaceAll("//.*@", "//…@"), RULE);
  }
}

package dev.tandem.redis.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.InvalidValueException;
import java.net.URLDecoder;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final int MOST_DATABASES = 1_000_000;
  private static final String HOST = "\\[[0-9A-Fa-f:.%]+]|[A-Za-z0-9._-]+";
  private static final Pattern SCHEME = Pattern.compile("(?i)(rediss?)://(.*)");
  private static final Pattern ADDRESS =
      Pattern.compile("(" + HOST + ")(?::(\\d{1,5}))?(?:/(\\d{1,6})?)?");
  private static final Pattern SHOWABLE =
      Pattern.compile("[A-Za-z]+://(?:" + HOST + ")(?::\\d*)?(?:/\\d*)?");
  private static final Pattern BARE_HOST = Pattern.compile(HOST + "|[0-9A-Fa-f:.%]+");
  private static final String RULE =
      "must be redis://[user:password@]host[:port][/database], or rediss:// for TLS,"
          + " with %, @, : and / of user and password percent-encoded";

  /**
   * Reads an address.
   *
   * @throws InvalidValueException if it breaks the form; the error shows no user and no password
   */
  public static RedisUrl parse(@Nullable String url) {
    if (url == null) {
      throw new InvalidValueException("Redis URL", null, RULE);
    }
    Matcher whole = SCHEME.matcher(url.strip());
    if (!whole.matches()) {
      throw refused(url);
    }
    String rest = whole.group(2);
    int at = rest.lastIndexOf('@');
    Matcher address = ADDRESS.matcher(rest.substring(at + 1));
    if (!address.matches()) {
      throw refused(url);
    }
    int port = address.group(2) == null ? DEFAULT_PORT : Integer.parseInt(address.group(2));
    if (port < 1 || port > 65_535) {
      throw refused(url);
    }
    @Nullable String[] credentials = credentials(at < 0 ? null : rest.substring(0, at), url);
    return new RedisUrl(
        withoutBrackets(address.group(1)),
        port,
        whole.group(1).length() == "rediss".length(),
        credentials[0],
        credentials[1],
        address.group(3) == null ? 0 : Integer.parseInt(address.group(3)));
  }

  /**
   * Reads the usual environment variables: {@code REDIS_URL}, or else {@code REDIS_HOST}, {@code
   * REDIS_PORT}, {@code REDIS_USERNAME}, {@code REDIS_PASSWORD} and {@code REDIS_DB}; localhost if
   * none is set. A blank variable counts as not set.
   */
  public static RedisUrl fromEnvironment(Map<String, String> environment) {
    String url = environment.get("REDIS_URL");
    if (url != null && !url.isBlank()) {
      return parse(url);
    }
    String host = textOr(environment, "REDIS_HOST", "localhost").strip();
    if (!BARE_HOST.matcher(host).matches()) {
      throw new InvalidValueException("REDIS_HOST", host, "must be a host name or an IP address");
    }
    String user = textOr(environment, "REDIS_USERNAME", "");
    String password = textOr(environment, "REDIS_PASSWORD", "");
    if (!user.isEmpty() && password.isEmpty()) {
      throw new InvalidValueException(
          "REDIS_PASSWORD", null, "must be given where REDIS_USERNAME is");
    }
    return new RedisUrl(
        withoutBrackets(host),
        number(environment, "REDIS_PORT", DEFAULT_PORT, 1, 65_535),
        false,
        user.isEmpty() ? null : user,
        password.isEmpty() ? null : password,
        number(environment, "REDIS_DB", 0, 0, MOST_DATABASES - 1));
  }

  RedisUrl withoutCredentials() {
    return new RedisUrl(host, port, tls, null, null, database);
  }

  HostAndPort hostAndPort() {
    return new HostAndPort(host, port);
  }

  /** Without user and password. */
  @Override
  public String toString() {
    return (tls ? "rediss://" : "redis://")
        + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
        + ":"
        + port
        + (database == 0 ? "" : "/" + database);
  }

  private static String textOr(Map<String, String> environment, String name, String otherwise) {
    String text = environment.get(name);
    return text == null || text.isBlank() ? otherwise : text;
  }

  private static int number(
      Map<String, String> environment, String name, int otherwise, int least, int most) {
    String text = textOr(environment, name, Integer.toString(otherwise)).strip();
    String rule = "must be " + least + " to " + most;
    int number;
    try {
      number = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new InvalidValueException(name, text, rule, e);
    }
    if (number < least || number > most) {
      throw new InvalidValueException(name, text, rule);
    }
    return number;
  }

  /** User and password; a user without a password would silently connect as somebody else. */
  private static @Nullable String[] credentials(@Nullable String userInfo, String url) {
    if (userInfo == null) {
      return new @Nullable String[] {null, null};
    }
    String[] parts = userInfo.split(":", 2);
    if (parts.length < 2) {
      throw refused(url);
    }
    String user = parts[0].isEmpty() ? null : decoded(parts[0], url);
    String password = parts[1].isEmpty() && user == null ? null : decoded(parts[1], url);
    return new @Nullable String[] {user, password};
  }

  private static String decoded(String encoded, String url) {
    try {
      return URLDecoder.decode(encoded.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      throw refused(url);
    }
  }

  private static String withoutBrackets(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static InvalidValueException refused(String url) {
    return new InvalidValueException("Redis URL", shown(url.strip()), RULE);
  }

  /** As much of a refused URL as cannot hold a password. */
  private static String shown(String url) {
    int at = url.lastIndexOf('@');
    if (at < 0) {
      return url.isEmpty() || SHOWABLE.matcher(url).matches() ? url : "…";
    }
    String address = url.substring(at + 1);
    return "…@" + (SHOWABLE.matcher("redis://" + address).matches() ? address : "…");
  }
}

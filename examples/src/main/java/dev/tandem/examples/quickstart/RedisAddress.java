package dev.tandem.examples.quickstart;

import java.net.URI;

/**
 * A Redis address that can be pointed elsewhere, keeping login and database.
 *
 * @param url the whole address, which was accepted by a connection before
 */
record RedisAddress(String url) {
  private static final int DEFAULT_PORT = 6379;

  /** Whether a proxy can stand in for it: not with TLS, which checks the host's name. */
  boolean isPlain() {
    return "redis".equals(uri().getScheme());
  }

  String host() {
    String host = uri().getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  int port() {
    return uri().getPort() == -1 ? DEFAULT_PORT : uri().getPort();
  }

  /** The same at another host and port. */
  RedisAddress at(String host, int port) {
    URI uri = uri();
    String login = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo() + "@";
    String rest = uri.getRawPath() == null ? "" : uri.getRawPath();
    return new RedisAddress(uri.getScheme() + "://" + login + host + ":" + port + rest);
  }

  private URI uri() {
    return URI.create(url.strip());
  }

  /** Without the login. */
  @Override
  public String toString() {
    return uri().getScheme() + "://" + uri().getHost() + ":" + port();
  }
}

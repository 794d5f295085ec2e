package dev.tandem.testkit;

import dev.tandem.testkit.internal.resp.Endpoint;

/**
 * Where a test's Redis comes from.
 *
 * <p>{@link #detect()} chooses, so that one test suite runs against every server; the other factory
 * methods pin one. Immutable and safe for use by many threads.
 */
public sealed interface RedisSource {

  /** System property with the URL of an external server. */
  String URL_PROPERTY = "tandem.redis.url";

  /** Environment variable with the URL of an external server. */
  String URL_VARIABLE = "TANDEM_REDIS_URL";

  /** System property with a container image, for example {@code redis:8.2}. */
  String IMAGE_PROPERTY = "tandem.redis.image";

  /** System property: {@code embedded}, {@code system}, or the path of a server binary. */
  String SERVER_PROPERTY = "tandem.redis.server";

  /** Environment variable: {@code embedded}, {@code system}, or the path of a server binary. */
  String SERVER_VARIABLE = "TANDEM_REDIS_SERVER";

  /**
   * A server that somebody else runs; it can be used, not controlled.
   *
   * @param url {@code redis[s]://[[user]:password@]host[:port][/database]}
   */
  record External(String url) implements RedisSource {
    /**
     * Checks the URL.
     *
     * @throws IllegalArgumentException when it is no Redis URL
     */
    public External {
      Endpoint.parse(url);
    }

    /** Names the address and leaves the login out. */
    @Override
    public String toString() {
      return "external server " + Endpoint.parse(url);
    }
  }

  /**
   * A container; needs {@code org.testcontainers:testcontainers} on the class path and Docker.
   *
   * @param name the image, for example {@code redis:8.2} or {@code valkey/valkey:8.1}
   */
  record Image(String name) implements RedisSource {
    /** Names the image. */
    @Override
    public String toString() {
      return "container image " + name;
    }
  }

  /**
   * A server binary of this machine.
   *
   * @param command a path, or a name that is looked up on the {@code PATH}
   */
  record Executable(String command) implements RedisSource {
    /** Names the command. */
    @Override
    public String toString() {
      return "executable " + command;
    }
  }

  /**
   * The Redis 6.2 binary that comes with this library: Linux on x86-64 and arm64, macOS. On Linux
   * it needs glibc and OpenSSL 3.
   */
  record Embedded() implements RedisSource {
    /** Names the binary. */
    @Override
    public String toString() {
      return "embedded Redis binary";
    }
  }

  /**
   * Chooses by the settings of this JVM, the first that is set: {@value #URL_PROPERTY}, {@value
   * #URL_VARIABLE}, {@value #IMAGE_PROPERTY}, {@value #SERVER_PROPERTY}, {@value #SERVER_VARIABLE};
   * if none is, the embedded binary.
   *
   * @return the source
   * @throws IllegalArgumentException when the URL is no Redis URL
   */
  static RedisSource detect() {
    return Detection.detect(System::getProperty, System::getenv);
  }

  /**
   * The embedded binary.
   *
   * @return the source
   */
  static RedisSource embedded() {
    return new Embedded();
  }

  /**
   * {@code redis-server} from the {@code PATH}.
   *
   * @return the source
   */
  static RedisSource system() {
    return new Executable("redis-server");
  }

  /**
   * A server binary of this machine.
   *
   * @param command its path, or a name that is looked up on the {@code PATH}
   * @return the source
   */
  static RedisSource executable(String command) {
    return new Executable(command);
  }

  /**
   * A container image.
   *
   * @param name for example {@code redis:8.2}
   * @return the source
   */
  static RedisSource image(String name) {
    return new Image(name);
  }

  /**
   * A server that somebody else runs.
   *
   * @param url {@code redis[s]://[[user]:password@]host[:port][/database]}
   * @return the source
   * @throws IllegalArgumentException when it is no Redis URL
   */
  static RedisSource external(String url) {
    return new External(url);
  }
}

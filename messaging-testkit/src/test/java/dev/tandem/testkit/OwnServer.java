package dev.tandem.testkit;

/** Servers for tests of what only a process of this machine can show. */
final class OwnServer {

  private OwnServer() {}

  /** What the settings name, unless that is no process: then the embedded binary. */
  static RedisServerBuilder builder() {
    RedisSource source = RedisSource.detect();
    boolean process = source instanceof RedisSource.Executable;
    return RedisServer.builder().source(process ? source : RedisSource.embedded());
  }

  static RedisServer start() {
    return builder().start();
  }
}

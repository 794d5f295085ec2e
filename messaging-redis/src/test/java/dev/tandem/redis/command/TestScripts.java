package dev.tandem.redis.command;

/** Where the scripts of the tests lie. */
public final class TestScripts {
  private TestScripts() {}
}

package dev.tandem.testkit;

import dev.tandem.testkit.internal.server.Engine;
import dev.tandem.testkit.internal.server.ExternalEngine;
import dev.tandem.testkit.internal.server.ProcessEngine;
import dev.tandem.testkit.internal.server.ServerSettings;

/** The engine for each source. */
final class Engines {

  private Engines() {}

  static Engine of(RedisSource source, ServerSettings settings) {
    if (source instanceof RedisSource.External external) {
      return new ExternalEngine(external.url(), settings.startTimeout());
    }
    if (source instanceof RedisSource.Executable executable) {
      return ProcessEngine.of(executable.command(), settings);
    }
    if (source instanceof RedisSource.Embedded) {
      return ProcessEngine.embedded(settings);
    }
    throw new IllegalStateException("no engine for " + source);
  }
}

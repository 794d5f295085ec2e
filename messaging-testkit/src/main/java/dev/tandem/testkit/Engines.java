package dev.tandem.testkit;

import dev.tandem.testkit.internal.server.ContainerEngine;
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
    if (source instanceof RedisSource.Image image) {
      return container(image, settings);
    }
    throw new IllegalStateException("no engine for " + source);
  }

  /** A Sentinel; from the embedded binary, unless the source is one of this machine. */
  static Engine sentinel(RedisSource source, ServerSettings settings) {
    return source instanceof RedisSource.Executable executable
        ? ProcessEngine.of(executable.command(), settings, "--sentinel")
        : ProcessEngine.embedded(settings, "--sentinel");
  }

  // Testcontainers is optional: nothing but the engine for containers may touch its classes.
  private static Engine container(RedisSource.Image image, ServerSettings settings) {
    try {
      return new ContainerEngine(image.name(), settings);
    } catch (NoClassDefFoundError e) {
      throw new IllegalStateException(
          "the "
              + image
              + " needs org.testcontainers:testcontainers on the class path, which is not there",
          e);
    }
  }
}

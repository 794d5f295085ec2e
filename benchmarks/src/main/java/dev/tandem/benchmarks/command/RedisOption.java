package dev.tandem.benchmarks.command;

import dev.tandem.benchmarks.harness.Server;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which server a command measures with. */
public final class RedisOption {
  @Option(
      names = "--redis",
      paramLabel = "URL",
      description = "The server; by default one is started for this run only.")
  private @Nullable URI url;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Made by picocli. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  public RedisOption() {}

  /**
   * Opens it.
   *
   * @throws ParameterException if there is none
   */
  public Server open() {
    try {
      return Server.open(url);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new ParameterException(
          spec.commandLine(), "no Redis to measure with: " + e.getMessage());
    }
  }
}

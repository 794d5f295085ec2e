package dev.tandem.examples;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Stands in the help for the benchmarks, which are a program of their own: the launcher starts it.
 */
@Command(
    name = "bench",
    description = "Measures Tandem beside Jedis, Lettuce, Redisson and Spring Data Redis.")
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  BenchCommand() {}

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "the benchmarks are a program of their own; ./tandem bench starts it");
  }
}

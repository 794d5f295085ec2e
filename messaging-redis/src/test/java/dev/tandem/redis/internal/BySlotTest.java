package dev.tandem.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BySlotTest {
  private final UnavailableException away = new UnavailableException("away", null);

  private final List<List<Command>> pipelines = new ArrayList<>();

  private static Command set(String key) {
    return Command.of("SET").key(RedisKey.of(key)).arg("v");
  }

  /** Replies to each command with its own arguments' text, or throws for a whole pipeline. */
  private List<@Nullable Object> run(Predicate<Command> fails, Command... commands) {
    return BySlot.run(
        List.of(commands),
        some -> {
          pipelines.add(some);
          if (some.stream().anyMatch(fails)) {
            throw away;
          }
          return new ArrayList<>(some);
        });
  }

  @Test
  void repliesStandInTheOrderOfTheCommands() {
    Command[] commands = {set("{a}1"), set("{b}1"), set("{a}2"), set("{c}1"), set("{b}2")};

    assertThat(run(command -> false, commands)).isEqualTo(List.of(commands));

    assertThat(pipelines)
        .containsExactly(
            List.of(commands[0], commands[2]),
            List.of(commands[1], commands[4]),
            List.of(commands[3]));
  }

  @Test
  void aCommandWithoutAKeyStaysWithTheOneBeforeIt() {
    Command[] commands = {
      Command.of("PING"), set("{a}1"), set("{b}1"), Command.of("PING"), set("{a}2")
    };

    run(command -> false, commands);

    assertThat(pipelines)
        .containsExactly(
            List.of(commands[0], commands[1], commands[4]), List.of(commands[2], commands[3]));
  }

  @Test
  void commandsWithoutKeysAreOnePipeline() {
    run(command -> false, Command.of("PING"), Command.of("TIME"));
    assertThat(pipelines).hasSize(1);
  }

  @Test
  void onePipelineThatWasNotSentLeavesTheOthersTheirReplies() {
    Command a = set("{a}");
    Command b = set("{b}");
    Command c = set("{c}");

    assertThat(run(command -> command == b, a, b, c)).containsExactly(a, away, c);
  }

  @Test
  void throwsIfNothingWasSent() {
    assertThatThrownBy(() -> run(command -> true, set("{a}"), set("{b}"))).isSameAs(away);
    assertThat(pipelines).hasSize(2);
    assertThatThrownBy(() -> run(command -> true, set("{a}"))).isSameAs(away);
  }
}

package dev.tandem.api.lifecycle;

import static dev.tandem.api.lifecycle.LifecycleState.CREATED;
import static dev.tandem.api.lifecycle.LifecycleState.DRAINING;
import static dev.tandem.api.lifecycle.LifecycleState.FAILED;
import static dev.tandem.api.lifecycle.LifecycleState.PAUSED;
import static dev.tandem.api.lifecycle.LifecycleState.RECOVERING;
import static dev.tandem.api.lifecycle.LifecycleState.RUNNING;
import static dev.tandem.api.lifecycle.LifecycleState.STARTING;
import static dev.tandem.api.lifecycle.LifecycleState.STOPPED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LifecycleStateTest {
  private static final Map<LifecycleState, Set<LifecycleState>> ALLOWED =
      Map.of(
          CREATED, Set.of(STARTING, STOPPED, FAILED),
          STARTING, Set.of(RUNNING, RECOVERING, DRAINING, STOPPED, FAILED),
          RUNNING, Set.of(RECOVERING, PAUSED, DRAINING, STOPPED, FAILED),
          RECOVERING, Set.of(RUNNING, PAUSED, DRAINING, STOPPED, FAILED),
          PAUSED, Set.of(RUNNING, RECOVERING, DRAINING, STOPPED, FAILED),
          DRAINING, Set.of(STOPPED, FAILED),
          STOPPED, Set.of(),
          FAILED, Set.of());

  @ParameterizedTest
  @EnumSource
  void allowsTheseChangesAndRefusesAllOthers(LifecycleState from) {
    assertThat(from.next()).isEqualTo(ALLOWED.get(from));
    assertThat(from.isFinal()).isEqualTo(from.next().isEmpty());
    for (LifecycleState to : LifecycleState.values()) {
      Lifecycle lifecycle = in(from);
      if (from.next().contains(to)) {
        lifecycle.moveTo(to);
        assertThat(lifecycle.state()).isEqualTo(to);
      } else {
        assertThat(lifecycle.tryMoveTo(to)).isFalse();
        assertThatThrownBy(() -> lifecycle.moveTo(to))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("worker is " + from + " and cannot become " + to);
        assertThat(lifecycle.state()).isEqualTo(from);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theSetIsTheCallersOwn(LifecycleState state) {
    state.next().add(CREATED);

    assertThat(state.next()).doesNotContain(CREATED);
  }

  /** A lifecycle brought there by a shortest way. */
  private static Lifecycle in(LifecycleState wanted) {
    Map<LifecycleState, List<LifecycleState>> ways = new EnumMap<>(LifecycleState.class);
    Deque<LifecycleState> reached = new ArrayDeque<>(List.of(CREATED));
    ways.put(CREATED, List.of());
    while (!ways.containsKey(wanted)) {
      LifecycleState from = reached.remove();
      for (LifecycleState to : from.next()) {
        if (!ways.containsKey(to)) {
          List<LifecycleState> way = new ArrayList<>(ways.getOrDefault(from, List.of()));
          way.add(to);
          ways.put(to, way);
          reached.add(to);
        }
      }
    }
    Lifecycle lifecycle =
        new Lifecycle(
            "worker",
            (message, error) -> {
              throw new AssertionError(message, error);
            });
    ways.getOrDefault(wanted, List.of()).forEach(lifecycle::moveTo);
    return lifecycle;
  }
}

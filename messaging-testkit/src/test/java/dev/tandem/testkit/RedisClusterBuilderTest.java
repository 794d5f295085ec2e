package dev.tandem.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisClusterBuilderTest {

  private final RedisClusterBuilder builder = RedisCluster.builder();

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 17})
  void refusesNodesOutOfRange(int nodes) {
    assertThatThrownBy(() -> builder.nodes(nodes))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nodes " + nodes);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 4})
  void refusesReplicasOutOfRange(int replicas) {
    assertThatThrownBy(() -> builder.replicas(replicas))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("replicas " + replicas);
  }

  @Test
  void refusesSourcesThatAreNoProcesses() {
    assertThatThrownBy(() -> builder.source(RedisSource.external("redis://example.org")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("processes");
  }

  @Test
  void refusesPasswordsAndWhatTheTestkitSetsItself() {
    assertThatThrownBy(() -> builder.setting("RequirePass", "secret"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> builder.setting("port", "1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.startTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

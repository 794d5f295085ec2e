package dev.tandem.pubsub.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.pubsub.cache.Invalidation.Kind;
import org.junit.jupiter.api.Test;

class UnsentTest {
  private final Unsent unsent = new Unsent();

  @Test
  void keepsEachOnceInOrder() {
    unsent.add(new Invalidation(Kind.KEY, "a"));
    unsent.add(new Invalidation(Kind.MATCHING, "a"));
    unsent.add(new Invalidation(Kind.KEY, "a"));
    assertThat(unsent.poll()).isEqualTo(new Invalidation(Kind.KEY, "a"));
    assertThat(unsent.poll()).isEqualTo(new Invalidation(Kind.MATCHING, "a"));
    assertThat(unsent.poll()).isNull();
  }

  @Test
  void oneForAllStandsForTooMany() {
    for (int i = 0; i <= Unsent.MOST; i++) {
      unsent.add(new Invalidation(Kind.KEY, "k" + i));
    }
    unsent.add(new Invalidation(Kind.KEY, "more"));
    assertThat(unsent.size()).isEqualTo(1);
    assertThat(unsent.poll()).isEqualTo(Invalidation.ALL);
  }
}

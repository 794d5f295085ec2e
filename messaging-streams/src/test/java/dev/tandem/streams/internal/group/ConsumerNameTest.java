package dev.tandem.streams.internal.group;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConsumerNameTest {
  @Test
  void namesOfOursAreKnownAgainAndNoOthers() {
    for (int i = 0; i < 1_000; i++) {
      String name = ConsumerName.unique("worker");
      assertThat(ConsumerName.isOurs(name)).as(name).isTrue();
      assertThat(ConsumerName.isOurs(name + "0")).isFalse();
      assertThat(ConsumerName.isOurs("x" + name)).isFalse();
      assertThat(ConsumerName.isOurs(ConsumerName.newMark())).isFalse();
      assertThat(ConsumerName.isForOnce(ConsumerName.newMark())).isFalse();
      assertThat(ConsumerName.isForOnce(ConsumerName.BACK_PREFIX + name)).isTrue();
    }
    assertThat(ConsumerName.isOurs("worker-1")).isFalse();
    assertThat(ConsumerName.isOurs("")).isFalse();
    assertThat(ConsumerName.isOurs(ConsumerName.PARKED)).isFalse();
    assertThat(ConsumerName.isOurs(ConsumerName.RELEASED)).isFalse();
    assertThat(ConsumerName.isOurs(ConsumerName.ORPHANED)).isFalse();
  }
}

package dev.tandem.streams.internal.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.group.GroupMemory.Stretch;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupMemoryTest {
  private final GroupMemory memory = new GroupMemory();

  private static EntryId id(long millis) {
    return new EntryId(millis, 0);
  }

  @Test
  void whatWasNeitherKnownNorReadIsUnknown() {
    memory.looked(id(10), List.of());
    memory.read(id(12), id(14));
    memory.read(id(14), id(14));
    memory.read(id(16), id(16));
    assertThat(memory.unknown(id(20)))
        .containsExactly(
            new Stretch(id(10), id(12), false),
            new Stretch(id(14), id(16), false),
            new Stretch(id(16), id(20), true));
    assertThat(memory.unknown(id(16))).hasSize(2);
  }

  @Test
  void aLookForgetsWhatLiesBeforeIt() {
    memory.looked(id(1), List.of());
    memory.read(id(2), id(4));
    memory.read(id(5), id(9));
    memory.looked(id(7), List.of());
    assertThat(memory.unknown(id(9))).isEmpty();
    memory.looked(id(9), List.of());
    assertThat(memory.unknown(id(10))).containsExactly(new Stretch(id(9), id(10), true));
  }

  @Test
  void whatIsTooMuchToRememberIsUnknown() {
    for (int i = 0; i < 2_000; i++) {
      memory.read(id(2L * i + 1), id(2L * i + 1));
    }
    assertThat(memory.unknown(id(3_999))).hasSize(1_024);
    assertThat(memory.unknown(id(3_999)).get(0)).isEqualTo(new Stretch(id(0), id(1_953), false));
  }
}

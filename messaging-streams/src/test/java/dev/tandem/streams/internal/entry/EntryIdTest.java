package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tandem.api.error.InvalidValueException;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryIdTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0-0",
        "0-1",
        "1526919030474-55",
        "9-10",
        "999999999999999999-999999999999999999",
        "1000000000000000000-0",
        "9223372036854775807-9223372036854775808",
        "18446744073709551615-18446744073709551615"
      })
  void textAndBytesSayTheSame(String text) {
    EntryId id = EntryId.parse(text);

    assertThat(id).hasToString(text);
    assertThat(new String(id.toBytes(), UTF_8)).isEqualTo(text);
    assertThat(EntryId.parse(text.getBytes(UTF_8))).isEqualTo(id).hasSameHashCodeAs(id);
  }

  @Test
  void anyIdSurvivesItsBytes() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 1_000; i++) {
      EntryId id =
          new EntryId(
              random.nextLong() >>> random.nextInt(64), random.nextLong() >>> random.nextInt(64));

      assertThat(EntryId.parse(id.toBytes())).as("seed %s", seed).isEqualTo(id);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "1-", "-1", "1-x", "a-1", "18446744073709551616-0", "1-2-3"})
  void whatIsNoIdIsRefused(String text) {
    assertThatExceptionOfType(InvalidValueException.class)
        .isThrownBy(() -> EntryId.parse(text.getBytes(UTF_8)));
  }

  @Test
  void idsOfOneMomentHaveHashesOfTheirOwn() {
    Set<Integer> hashes = new HashSet<>();
    for (int millis = 0; millis < 10; millis++) {
      for (int sequence = 0; sequence < 500; sequence++) {
        hashes.add(new EntryId(1_700_000_000_000L + millis, sequence).hashCode());
      }
    }

    assertThat(hashes).hasSizeGreaterThan(4_900);
  }
}

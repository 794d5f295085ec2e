package dev.tandem.redis.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LaneBookTest {
  private final LaneBook<String, Entry, Lane> book =
      new LaneBook<>(Entry::key, entry -> new Lane(entry.key()), Entry::bytes);

  private record Entry(String key, int bytes, long number) {}

  private static final class Lane implements LaneBook.Lane<String, Entry> {
    final ArrayDeque<Entry> waiting = new ArrayDeque<>();
    final String key;
    long dueNanos;

    Lane(String key) {
      this.key = key;
    }

    @Override
    public String key() {
      return key;
    }

    @Override
    public void add(Entry entry) {
      waiting.add(entry);
    }

    @Override
    public boolean isEmpty() {
      return waiting.isEmpty();
    }

    @Override
    public boolean hasNext() {
      return !waiting.isEmpty();
    }

    @Override
    public long dueNanos() {
      return dueNanos;
    }

    @Override
    public long oldestNumber() {
      return waiting.element().number();
    }
  }

  private void settleFirstOf(Lane lane) {
    book.settled(List.of(lane.waiting.remove()));
    book.turnOver(lane);
  }

  @Test
  void anEntryGoesBehindThoseOfItsLaneAndLanesTakeTurns() {
    book.add(new Entry("a", 1, 0));
    book.add(new Entry("b", 1, 1));
    book.add(new Entry("a", 1, 2));
    List<Lane> due = book.due(0);
    assertThat(due).extracting(Lane::key).containsExactly("a", "b");
    assertThat(due.get(0).waiting).extracting(Entry::number).containsExactly(0L, 2L);

    settleFirstOf(due.get(0));

    assertThat(book.due(0)).extracting(Lane::key).containsExactly("b", "a");
  }

  @Test
  void aLaneIsDueFromItsTimeOn() {
    book.add(new Entry("a", 1, 0));
    Lane lane = Objects.requireNonNull(book.any());
    lane.dueNanos = 10;

    assertThat(book.due(9)).isEmpty();
    assertThat(book.due(10)).containsExactly(lane);
  }

  @Test
  void tellsHowMuchWaitsAndWhichIsTheOldestAndFirst() {
    assertThat(book.kept()).isEqualTo(Kept.NOTHING);
    book.add(new Entry("a", 3, 7));
    book.add(new Entry("b", 5, 4));
    book.due(0).get(0).dueNanos = 20;
    book.due(0).get(0).dueNanos = 30;

    assertThat(book.kept()).isEqualTo(new Kept(2, 8, 4, 20));

    book.due(30).forEach(this::settleFirstOf);

    assertThat(book.kept()).isEqualTo(Kept.NOTHING);
    assertThat(book.any()).isNull();
  }

  @Test
  void anEmptyLaneIsRememberedUntilManyOthersWere() {
    book.add(new Entry("a", 1, 0));
    Lane first = Objects.requireNonNull(book.any());
    settleFirstOf(first);
    assertThat(book.isActive("a")).isFalse();

    book.add(new Entry("a", 1, 1));

    assertThat(book.any()).isSameAs(first);
    settleFirstOf(first);
    for (int i = 0; i < LaneBook.MOST_IDLE; i++) {
      book.add(new Entry("other-" + i, 1, 2 + i));
      settleFirstOf(Objects.requireNonNull(book.any()));
    }
    book.add(new Entry("a", 1, 2_000));
    assertThat(book.any()).isNotSameAs(first);
  }

  @Test
  void whatIsNotInUseIsNotTurnedOver() {
    book.add(new Entry("a", 1, 0));
    Lane lane = Objects.requireNonNull(book.any());
    settleFirstOf(lane);

    book.turnOver(lane);

    assertThat(book.any()).isNull();
  }
}

package dev.tandem.hybrid.internal.subscribe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.Position;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SharedPagesTest {
  private static final RedisKey STREAM = RedisKey.of("tenant:acme:stream:payments");

  private final AtomicLong nanos = new AtomicLong();
  private final List<Runnable> later = new ArrayList<>();
  private final SharedPages pages = new SharedPages(nanos::get, later::add);

  private static EntryId id(long millis) {
    return new EntryId(millis, 0);
  }

  private static ChannelEntry entry(long millis) {
    return new ChannelEntry(new RawEntry(id(millis), List.of()), position(millis));
  }

  private static Position position(long version) {
    return new Position("e", version, "n" + version);
  }

  private static EntryPage page(long from, long to, long bytes, boolean atEnd) {
    List<ChannelEntry> entries =
        LongStream.rangeClosed(from, to).mapToObj(SharedPagesTest::entry).toList();
    return new EntryPage(entries, id(to), bytes, atEnd);
  }

  @Test
  void givesTheRestOfWhatWasRead() {
    pages.keep(STREAM, "board", id(10), page(10, 19, 1, false), nanos.get());
    pages.keep(STREAM, "board", id(20), page(20, 29, 1, false), nanos.get());

    assertThat(pages.from(STREAM, "board", id(10), 0)).isEqualTo(page(10, 19, 1, false));
    assertThat(pages.from(STREAM, "board", id(19), 0)).isEqualTo(page(19, 19, 1, false));
    assertThat(pages.from(STREAM, "board", new EntryId(24, 1), 0))
        .isEqualTo(page(25, 29, 1, false));
    assertThat(pages.from(STREAM, "board", id(9), 0)).isNull();
    assertThat(pages.from(STREAM, "board", id(30), 0)).isNull();
    assertThat(pages.find(STREAM, "board", position(25), 0)).isEqualTo(id(25));
    assertThat(pages.find(STREAM, "board", new Position("e", 25, "another"), 0)).isNull();
  }

  @Test
  void keepsStreamsAndChannelsApart() {
    pages.keep(STREAM, "board", id(10), page(10, 19, 1, false), nanos.get());

    assertThat(pages.from(STREAM, "other", id(10), 0)).isNull();
    assertThat(pages.find(STREAM, "other", position(10), 0)).isNull();
    assertThat(pages.from(RedisKey.of("tenant:acme2:stream:payments"), "board", id(10), 0))
        .isNull();
  }

  @Test
  void doesNotKeepTheEndOfAStream() {
    pages.keep(STREAM, "board", id(10), page(10, 19, 1, true), nanos.get());

    assertThat(pages.from(STREAM, "board", id(10), 0)).isNull();
  }

  @Test
  void givesNothingThatWasAskedForBefore() {
    nanos.set(7);
    pages.keep(STREAM, "board", id(10), page(10, 19, 1, false), nanos.get());

    assertThat(pages.from(STREAM, "board", id(10), 7)).isNotNull();
    assertThat(pages.from(STREAM, "board", id(10), 8)).isNull();
    assertThat(pages.find(STREAM, "board", position(10), 7)).isNotNull();
    assertThat(pages.find(STREAM, "board", position(10), 8)).isNull();
  }

  @Test
  void forgetsAfterFiveSeconds() {
    pages.keep(STREAM, "board", id(10), page(10, 19, 1, false), nanos.get());
    nanos.addAndGet(SharedPages.LIFE.toNanos());
    assertThat(pages.from(STREAM, "board", id(10), 0)).isNotNull();
    nanos.incrementAndGet();

    assertThat(pages.from(STREAM, "board", id(10), 0)).isNull();
    assertThat(pages.find(STREAM, "board", position(10), 0)).isNull();
  }

  @Test
  void forgetsAlsoWhenNobodyComesAnyMore() {
    pages.keep(STREAM, "board", id(10), page(10, 19, 7, false), nanos.get());
    assertThat(pages.bytes()).isEqualTo(7);
    nanos.addAndGet(SharedPages.LIFE.toNanos() + 1);

    later.forEach(Runnable::run);

    assertThat(pages.bytes()).isZero();
  }

  @Test
  void forgetsTheOldestWhenItIsTooMuch() {
    long third = SharedPages.MOST_BYTES / 3;
    for (long i = 1; i <= 4; i++) {
      pages.keep(STREAM, "board", id(10 * i), page(10 * i, 10 * i + 9, third, false), nanos.get());
    }
    assertThat(pages.from(STREAM, "board", id(10), 0)).isNull();
    assertThat(pages.from(STREAM, "board", id(20), 0)).isNotNull();

    for (long i = 0; i < SharedPages.MOST_PAGES; i++) {
      pages.keep(STREAM, "board", id(1_000 + i), page(1_000 + i, 1_000 + i, 1, false), nanos.get());
    }
    assertThat(pages.from(STREAM, "board", id(40), 0)).isNull();
    assertThat(pages.from(STREAM, "board", id(1_000), 0)).isNotNull();
  }
}

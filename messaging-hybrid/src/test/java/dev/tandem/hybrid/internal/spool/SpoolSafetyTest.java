package dev.tandem.hybrid.internal.spool;

import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.append;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.beginOf;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.call;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.contents;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.heads;
import static dev.tandem.hybrid.internal.spool.SpoolStoreTest.records;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.StorageException;
import dev.tandem.hybrid.Spool;
import dev.tandem.tenant.Tenant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What must never come out of the files, and what must never leave them. */
class SpoolSafetyTest {
  private static final Tenant ACME = Tenant.of("acme");
  private static final Tenant VICTIM = Tenant.of("victim");

  @TempDir private Path temp;
  private int directories;

  @Test
  void aMessageCannotHideARecordForAnotherTenantWhateverIsDamaged() throws IOException {
    byte[] hidden = recordFor(VICTIM);
    Path directory = fresh();
    try (SpoolStore store = open(directory)) {
      append(store, call(ACME, 1, "one"), call(ACME, 2, hidden, 1), call(ACME, 3, "three"));
    }
    Path file = records(directory).get(0);
    byte[] whole = Files.readAllBytes(file);
    int begin = beginOf(whole, 1);
    int end = beginOf(whole, 2);

    for (int at = begin; at < end; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      assertThat(tenants(file, damaged)).as("changed at %s", at).containsExactly(ACME);
      byte[] torn = Arrays.copyOf(whole, at);
      assertThat(tenants(file, torn)).as("torn at %s", at).containsExactly(ACME);
    }
  }

  /** A record as it stands in a file of another spool. */
  private byte[] recordFor(Tenant tenant) throws IOException {
    Path directory = fresh();
    try (SpoolStore store = open(directory)) {
      append(store, call(tenant, 1, "hidden"));
    }
    byte[] file = Files.readAllBytes(records(directory).get(0));
    return Arrays.copyOfRange(file, beginOf(file, 0), file.length);
  }

  private Set<Tenant> tenants(Path name, byte[] bytes) throws IOException {
    Path directory = fresh();
    Files.write(directory.resolve(name.getFileName()), bytes);
    try (SpoolStore store = open(directory)) {
      return contents(store).keySet();
    }
  }

  @Test
  void aFileInAnotherVersionIsRefusedAndLeftAlone() throws IOException {
    Path directory = fresh();
    Path file = directory.resolve("0000000000000000001" + Segment.RECORDS);
    byte[] bytes = Arrays.copyOf("TandemSpool-1\n".getBytes(US_ASCII), 100);
    Files.write(file, bytes);

    assertThatThrownBy(() -> open(directory))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("another version");
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @Test
  void aFileWhoseBeginningIsLostIsKeptWhole() throws IOException {
    Path directory = fresh();
    try (SpoolStore store = open(directory)) {
      append(store, call(ACME, 1, "one"));
    }
    Path file = records(directory).get(0);
    byte[] bytes = Files.readAllBytes(file);
    Arrays.fill(bytes, 0, SegmentHead.SIZE, (byte) 0);
    Files.write(file, bytes);
    try (SpoolStore store = open(directory)) {
      assertThat(heads(store)).isEmpty();
      assertThat(store.stats().damaged()).isEqualTo(1);
    }
    assertThat(named(directory, ".damaged"))
        .singleElement()
        .satisfies(kept -> assertThat(Files.readAllBytes(kept)).isEqualTo(bytes));
  }

  @Test
  void whatIsSetAsideStaysThereThoughNumbersBeginAgain() throws IOException {
    Path directory = fresh();
    for (String payload : List.of("first", "second", "third")) {
      try (SpoolStore store = open(directory)) {
        append(store, call(ACME, 1, payload));
        SpoolRecord record = heads(store).get(0).get(0);
        assertThat(record.number()).isEqualTo(1);
        assertThat(text(store.setAside(record, "refused"))).contains(payload);
      }
      open(directory).close();
    }
    assertThat(named(directory, ".refused"))
        .extracting(file -> file.getFileName().toString())
        .containsExactlyInAnyOrder("1.refused", "1-2.refused", "1-3.refused");
    assertThat(named(directory, ".refused"))
        .anySatisfy(file -> assertThat(text(file)).contains("first"))
        .anySatisfy(file -> assertThat(text(file)).contains("second"))
        .anySatisfy(file -> assertThat(text(file)).contains("third"));
  }

  @Test
  void damageIsKeptOnceHoweverOftenItIsMetAndNeverInPlaceOfOther() throws IOException {
    Path directory = fresh();
    for (String payload : List.of("first", "other")) {
      try (SpoolStore store = open(directory)) {
        append(store, call(ACME, 1, payload), call(ACME, 2, "behind"));
      }
      Path file = records(directory).get(0);
      byte[] bytes = Files.readAllBytes(file);
      bytes[beginOf(bytes, 1) - 1] ^= 1;
      Files.write(file, bytes);
      for (int i = 0; i < 3; i++) {
        try (SpoolStore store = open(directory)) {
          assertThat(store.stats().damaged()).isEqualTo(1);
          assertThat(contents(store)).containsEntry(ACME, List.of("behind"));
        }
      }
      try (SpoolStore store = open(directory)) {
        store.settle(heads(store).get(0).get(0));
      }
      open(directory).close();
    }
    assertThat(named(directory, ".damaged")).hasSize(2);
  }

  @Test
  void whatCouldNotBeTakenBackIsNotWrittenOver() throws IOException {
    Path path = fresh().resolve("0000000000000000001" + Segment.RECORDS);
    Segment.create(directoryOf(path), 1, 42).close();
    FailingChannel records = FailingChannel.open(path);
    try (Segment segment =
        new Segment(path, records, FailingChannel.open(Segment.settledBeside(path)))) {
      segment.append(List.of(record(1, "safe")));
      long end = segment.size();

      records.failing(true);
      assertThatThrownBy(
              () -> segment.append(List.of(record(2, "refused-2"), record(3, "refused-3"))))
          .isInstanceOf(Segment.UncutException.class);
      assertThat(Files.size(path)).isGreaterThan(end); // or this test tests nothing
      assertThatThrownBy(segment::cutRest).isInstanceOf(IOException.class);
      assertThat(segment.size()).isEqualTo(end);

      records.failing(false);
      segment.cutRest();
      segment.append(List.of(record(4, "next")));
    }
    assertThat(numbers(path)).containsExactly(1L, 4L);
  }

  @Test
  void whatCouldNotBeTakenBackIsWhenTheFileIsClosed() throws IOException {
    Path path = fresh().resolve("0000000000000000001" + Segment.RECORDS);
    Segment.create(directoryOf(path), 1, 42).close();
    FailingChannel records = FailingChannel.open(path);
    try (Segment segment =
        new Segment(path, records, FailingChannel.open(Segment.settledBeside(path)))) {
      records.failing(true);
      assertThatThrownBy(() -> segment.append(List.of(record(1, "refused"))))
          .isInstanceOf(Segment.UncutException.class);
      records.failing(false);
    }
    assertThat(numbers(path)).isEmpty();
  }

  @Test
  void thatARecordIsSetAsideIsOnTheDiskBeforeAnythingElseHappens() throws IOException {
    Path path = fresh().resolve("0000000000000000001" + Segment.RECORDS);
    try (SpoolStore store = open(directoryOf(path))) {
      Segment.create(directoryOf(path), 1, 42).close();
      FailingChannel notes = FailingChannel.open(Segment.settledBeside(path));
      Segment segment = new Segment(path, FailingChannel.open(path), notes);
      byte[] content = CallFormat.write(call(ACME, 1, "one"), 0);
      segment.append(List.of(new RecordFormat(42).written(1, content)));
      SpoolRecord record =
          new SpoolRecord(1, ACME, segment, SegmentHead.SIZE, content.length, 1, 0);
      store.state().created(segment);
      store.state().written(segment, List.of(record));

      notes.failing(true);
      assertThatThrownBy(() -> store.setAside(record, "refused")).isInstanceOf(IOException.class);
      assertThat(heads(store)).hasSize(1);

      notes.failing(false);
      store.setAside(record, "refused");
      assertThat(heads(store)).isEmpty();
      assertThat(named(directoryOf(path), ".refused")).hasSize(1);
    }
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, ISO_8859_1);
  }

  private static ByteBuffer record(long number, String payload) {
    return new RecordFormat(42).written(number, CallFormat.write(call(ACME, number, payload), 0));
  }

  private static List<Long> numbers(Path path) throws IOException {
    try (SpoolStore store = open(directoryOf(path))) {
      return heads(store).stream().flatMap(List::stream).map(SpoolRecord::number).toList();
    }
  }

  private static Path directoryOf(Path file) {
    return Objects.requireNonNull(file.getParent());
  }

  private static List<Path> named(Path directory, String end) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(end)).toList();
    }
  }

  private Path fresh() throws IOException {
    return Files.createDirectories(temp.resolve("spool-" + directories++));
  }

  private static SpoolStore open(Path directory) {
    return SpoolStoreTest.open(Spool.at(directory).maxBytes(4 << 20));
  }
}

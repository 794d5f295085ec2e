package dev.tandem.hybrid.internal.spool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.StorageException;
import dev.tandem.hybrid.Spool;
import dev.tandem.hybrid.SpoolListener;
import dev.tandem.hybrid.internal.send.SpoolEntrance;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.hybrid.internal.wire.EntryValues;
import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.tenant.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the files, whatever happened to them. */
class SpoolStoreTest {
  private static final Tenant ACME = Tenant.of("acme");

  private final Reports told = new Reports();
  @TempDir private Path temp;
  private int directories;

  @Test
  void whatWasWrittenIsThereAfterAReopen() throws IOException {
    Path directory = filled("one", "two", "three");

    assertThat(payloads(directory)).containsExactly("one", "two", "three");
    assertThat(told.nothing()).isTrue();
  }

  @Test
  void everyPartOfACallSurvives() throws IOException {
    PublishCall call =
        new PublishCall(
            "publisher",
            Long.MAX_VALUE,
            new Destination(
                ACME,
                "orders",
                7,
                List.of(
                    new Destination.Live("board", 300_000, 1_000),
                    new Destination.Live("ticker", 0, 0))),
            64,
            List.of(),
            new EntryValues(4, new byte[] {1, 2, 3}, List.of(new byte[] {5}, new byte[0])),
            "nonce",
            List.of(new byte[] {4}, new byte[100_000]));
    PublishCall live =
        new PublishCall(
            "publisher",
            1,
            new Destination(ACME, null, 0, List.of(new Destination.Live("board", 1, 1))),
            2,
            List.of("x-1", "x-2"),
            EntryValues.NONE,
            "nonce",
            List.of("ü".getBytes(UTF_8)));
    for (PublishCall one : List.of(call, live)) {
      PublishCall read = CallFormat.read(CallFormat.write(one, 5));

      assertThat(read).usingRecursiveComparison().ignoringCollectionOrder().isEqualTo(one);
    }
  }

  @Test
  void aTornLastRecordIsCutOffAtWhateverByteItEnds() throws IOException {
    Path directory = filled("one", "two", "three");
    byte[] whole = Files.readAllBytes(records(directory).get(0));
    int begin = beginOf(whole, 2);
    for (int end = begin; end < whole.length; end++) {
      for (int zeros : new int[] {0, 300}) {
        Path torn = fresh();
        Path file = torn.resolve(records(directory).get(0).getFileName());
        byte[] left = Arrays.copyOf(Arrays.copyOf(whole, end), end + zeros);
        if (Arrays.equals(whole, Arrays.copyOf(left, whole.length))) {
          continue; // all that is missing were zeros
        }
        Files.write(file, left);
        told.clear();

        assertThat(payloads(torn)).as("cut at %s", end).containsExactly("one", "two");

        int cut = end + zeros - begin;
        assertThat(told.cutBytes).as("cut at %s", end).isEqualTo(cut);
        assertThat(told.damaged).isZero();
        try (SpoolStore store = open(torn)) {
          append(store, call(ACME, 9, "after"));
        }
        told.clear();
        assertThat(payloads(torn)).containsExactly("one", "two", "after");
        assertThat(told.nothing()).isTrue();
      }
    }
  }

  @Test
  void aFileThatWasOnlyBegunIsPassedOver() throws IOException {
    byte[] head = SegmentHead.of(42);
    for (int length = 0; length <= head.length; length++) {
      Path directory = filled("one");
      Path begun = directory.resolve("0000000000000000002" + Segment.RECORDS);
      Files.write(begun, Arrays.copyOf(head, length));

      assertThat(payloads(directory)).containsExactly("one");
    }
  }

  @Test
  void aBitThatFlippedIsNoticedAndCostsOneRecordAtMost() throws IOException {
    Path directory = filled("one", "two", "three", "four");
    Path file = records(directory).get(0);
    byte[] whole = Files.readAllBytes(file);
    Random random = seeded();
    for (int at = 0; at < whole.length; at++) {
      byte[] flipped = whole.clone();
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Path damaged = fresh();
      Files.write(damaged.resolve(file.getFileName()), flipped);
      told.clear();

      List<String> left = payloads(damaged);

      List<String> expected = new ArrayList<>(List.of("one", "two", "three", "four"));
      int record = recordAt(whole, at);
      if (record >= 0) {
        expected.remove(record);
      }
      assertThat(left).as("byte %s", at).isEqualTo(expected);
      assertThat(told.cutBytes + told.kept.size()).as("byte %s", at).isPositive();
      assertThat(told.damaged).as("byte %s", at).isBetween(0L, record < 0 ? 0L : 1L);
      assertThat(told.kept).allSatisfy(kept -> assertThat(kept).exists());
    }
  }

  @Test
  void aRecordThatIsDamagedWhileItWaitsIsNotRead() throws IOException {
    Path directory = fresh();
    try (SpoolStore store = open(directory)) {
      append(store, call(ACME, 1, "one"));
      Path file = records(directory).get(0);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 1] ^= 1;
      Files.write(file, bytes);
      SpoolRecord record = heads(store).get(0).get(0);

      assertThatThrownBy(() -> store.read(record)).isInstanceOf(IOException.class);
      assertThat(store.setAside(record, "damaged")).exists();
      assertThat(heads(store)).isEmpty();
    }
  }

  @Test
  void whatIsSettledDoesNotComeBackAndItsFilesGo() throws IOException {
    Path directory = fresh();
    try (SpoolStore store = open(directory)) {
      for (int i = 0; i < 100; i++) {
        append(store, call(ACME, i + 1, i + "x".repeat(20_000)));
      }
      assertThat(records(directory)).hasSizeGreaterThan(3);
      for (int i = 0; i < 60; i++) {
        store.settle(heads(store).get(0).get(0));
      }
    }
    assertThat(payloads(directory)).hasSize(40).startsWith("60" + "x".repeat(20_000));
    try (SpoolStore store = open(directory)) {
      while (!heads(store).isEmpty()) {
        store.settle(heads(store).get(0).get(0));
      }
      append(store, call(ACME, 101, "last"));
      assertThat(records(directory)).hasSize(1);
      assertThat(store.stats().messages()).isEqualTo(1);
    }
    assertThat(payloads(directory)).containsExactly("last");
  }

  @Test
  void aLostNoteOfWhatIsSettledBringsTheRecordsBack() throws IOException {
    Path directory = fresh();
    try (SpoolStore store = open(directory)) {
      append(store, call(ACME, 1, "one"), call(ACME, 2, "two"));
      store.settle(heads(store).get(0).get(0));
    }
    Path settled = Segment.settledBeside(records(directory).get(0));
    byte[] note = Files.readAllBytes(settled);
    assertThat(payloads(directory)).containsExactly("two");
    Files.write(settled, Arrays.copyOf(note, note.length - 1));
    assertThat(payloads(directory)).containsExactly("one", "two");
  }

  @Test
  void itHoldsWhatItMayAndRefusesTheRest() throws IOException {
    Spool spool = Spool.at(fresh()).maxMessages(5).listener(told);
    try (SpoolStore store = open(spool)) {
      SpoolEntrance.Taken taken =
          store.append(
              List.of(call(ACME, 1, "a", 3), call(ACME, 2, "b", 3), call(ACME, 3, "c", 2)), false);

      assertThat(taken.records()).hasSize(3).element(1).isEqualTo(SpoolEntrance.NOT_TAKEN);
      assertThat(taken.failure()).isInstanceOf(BufferFullException.class);
    }
    assertThat(payloads(spool.directory())).containsExactly("a", "c");
  }

  @Test
  void anotherMayNotUseItAndNobodyAfterItIsClosed() throws IOException {
    Path directory = fresh();
    SpoolStore store = open(directory);
    assertThatThrownBy(() -> open(directory)).isInstanceOf(StorageException.class);
    store.close();
    assertThat(store.append(List.of(call(ACME, 1, "one")), false).failure())
        .isInstanceOf(ClosedException.class);
    open(directory).close();
  }

  @Test
  void aDirectoryThatCannotBeIsRefused() throws IOException {
    Path file = temp.resolve("file");
    Files.writeString(file, "");

    assertThatThrownBy(() -> open(file.resolve("spool")))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void whateverHappensItHoldsForEachTenantWhatWasPutInAndNotSettledInOrder() throws IOException {
    Random random = seeded();
    for (int round = 0; round < 10; round++) {
      Path directory = fresh();
      Map<Tenant, List<String>> model = new TreeMap<>((a, b) -> a.name().compareTo(b.name()));
      SpoolStore store = open(directory);
      long number = 0;
      for (int step = 0; step < 150; step++) {
        int kind = random.nextInt(10);
        if (kind < 5) {
          List<PublishCall> calls = new ArrayList<>();
          for (int i = random.nextInt(8); i >= 0; i--) {
            Tenant tenant = Tenant.of("t" + random.nextInt(4));
            String payload = ++number + "y".repeat(random.nextInt(9_000));
            calls.add(call(tenant, number, payload));
            model.computeIfAbsent(tenant, key -> new ArrayList<>()).add(payload);
          }
          append(store, calls.toArray(PublishCall[]::new));
        } else if (kind < 6) {
          boolean more = true;
          while (more) {
            more = store.shrink();
          }
        } else if (kind < 9) {
          for (List<SpoolRecord> head : heads(store)) {
            if (random.nextBoolean()) {
              for (SpoolRecord record : head.subList(0, random.nextInt(head.size()) + 1)) {
                store.settle(record);
                Objects.requireNonNull(model.get(record.tenant())).remove(0);
              }
            }
          }
        } else {
          store.close();
          store = open(directory);
        }
        model.values().removeIf(List::isEmpty);
        assertThat(contents(store)).isEqualTo(model);
      }
      store.close();
      assertThat(told.nothing()).isTrue();
    }
  }

  static Map<Tenant, List<String>> contents(SpoolStore store) throws IOException {
    Map<Tenant, List<String>> contents = new TreeMap<>((a, b) -> a.name().compareTo(b.name()));
    for (List<SpoolRecord> head : heads(store)) {
      for (SpoolRecord record : head) {
        contents
            .computeIfAbsent(record.tenant(), key -> new ArrayList<>())
            .add(payload(store.read(record)));
      }
    }
    return contents;
  }

  static List<List<SpoolRecord>> heads(SpoolStore store) {
    return store.state().heads(tenant -> true, Integer.MAX_VALUE, Integer.MAX_VALUE);
  }

  private Path filled(String... payloads) throws IOException {
    Path directory = fresh();
    try (SpoolStore store = open(directory)) {
      long number = 0;
      for (String payload : payloads) {
        append(store, call(ACME, ++number, payload));
      }
    }
    return directory;
  }

  private List<String> payloads(Path directory) throws IOException {
    try (SpoolStore store = open(directory)) {
      return contents(store).values().stream().flatMap(List::stream).toList();
    }
  }

  private Path fresh() throws IOException {
    return Files.createDirectories(temp.resolve("spool-" + directories++));
  }

  private SpoolStore open(Path directory) {
    return open(Spool.at(directory).maxBytes(4 << 20).listener(told));
  }

  static SpoolStore open(Spool spool) {
    return SpoolStore.open(
        spool,
        true,
        Clock.systemUTC(),
        new SecureRandom(),
        new SpoolReports(spool.listener(), new MetricRegistry()));
  }

  static void append(SpoolStore store, PublishCall... calls) {
    SpoolEntrance.Taken taken = store.append(List.of(calls), false);
    assertThat(taken.failure()).isNull();
    assertThat(taken.records()).hasSize(calls.length).doesNotContain(SpoolEntrance.NOT_TAKEN);
  }

  static PublishCall call(Tenant tenant, long number, String payload) {
    return call(tenant, number, payload, 1);
  }

  private static PublishCall call(Tenant tenant, long number, String payload, int count) {
    return call(tenant, number, payload.getBytes(UTF_8), count);
  }

  static PublishCall call(Tenant tenant, long number, byte[] payload, int count) {
    return new PublishCall(
        "publisher",
        number,
        new Destination(tenant, "orders", 0, List.of()),
        count,
        List.of(),
        new EntryValues(3, new byte[0], List.of(payload)),
        "nonce",
        List.of());
  }

  private static String payload(PublishCall call) {
    return new String(call.values().data().get(0), UTF_8);
  }

  static List<Path> records(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(Segment.RECORDS)).sorted().toList();
    }
  }

  /** Where a record begins. */
  static int beginOf(byte[] file, int record) throws IOException {
    int at = SegmentHead.SIZE;
    for (int i = 0; i < record; i++) {
      at = Objects.requireNonNull(formatOf(file).readAt(file, at)).end();
    }
    return at;
  }

  private static RecordFormat formatOf(byte[] file) throws IOException {
    return new RecordFormat(
        SegmentHead.markIn(Arrays.copyOf(file, SegmentHead.SIZE)).orElseThrow());
  }

  /** The record that a byte belongs to, or -1. */
  private static int recordAt(byte[] file, int at) throws IOException {
    int record = -1;
    int begin = SegmentHead.SIZE;
    while (begin <= at) {
      begin = Objects.requireNonNull(formatOf(file).readAt(file, begin)).end();
      record++;
    }
    return record;
  }

  private static Random seeded() {
    long seed = new Random().nextLong();
    System.out.println("SpoolStoreTest seed " + seed);
    return new Random(seed);
  }

  /** What a listener was told. */
  private static final class Reports implements SpoolListener {
    private long cutBytes;
    private long damaged;
    private final List<Path> kept = new ArrayList<>();

    @Override
    public void onCut(Path file, long bytes) {
      cutBytes += bytes;
    }

    @Override
    public void onDamaged(Path keptAs, long records) {
      damaged += records;
      kept.add(keptAs);
    }

    boolean nothing() {
      return cutBytes == 0 && damaged == 0;
    }

    void clear() {
      cutBytes = 0;
      damaged = 0;
      kept.clear();
    }
  }
}

package dev.tandem.hybrid.internal.spool;

import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.StorageException;
import dev.tandem.hybrid.Spool;
import dev.tandem.hybrid.SpoolStats;
import dev.tandem.hybrid.internal.send.SpoolEntrance;
import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.tenant.Tenant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records in files.
 *
 * <p>Thread safety: {@link #append} is called by one thread at a time, {@link #read}, {@link
 * #settle}, {@link #setAside} and {@link #shrink} by another; everything else by any.
 */
public final class SpoolStore implements SpoolEntrance, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolStore.class);

  private final Spool spool;
  private final Clock clock;
  private final RandomGenerator random;
  private final SpoolReports reports;
  private final DirectoryLock directory;
  private final SpoolState state;
  private final SpoolWriter writer;
  private final AtomicBoolean closed = new AtomicBoolean();
  private boolean failing;

  private SpoolStore(
      Spool spool,
      boolean awayForAll,
      Clock clock,
      RandomGenerator random,
      SpoolReports reports,
      DirectoryLock directory) {
    this.spool = spool;
    this.clock = clock;
    this.random = random;
    this.reports = reports;
    this.directory = directory;
    this.state = new SpoolState(spool, awayForAll);
    this.writer = new SpoolWriter(spool.directory(), state, reports, random);
  }

  /**
   * Takes the directory and finds what waits there.
   *
   * @param awayForAll whether a server that is away for one tenant is away for all
   * @param random for the marks of files, which nobody whose messages are stored may know
   * @throws StorageException if another has it, or it cannot be read
   */
  public static SpoolStore open(
      Spool spool, boolean awayForAll, Clock clock, RandomGenerator random, SpoolReports reports) {
    DirectoryLock directory = DirectoryLock.take(spool.directory());
    SpoolStore store = new SpoolStore(spool, awayForAll, clock, random, reports, directory);
    try {
      store.find();
      reports.opened(store);
      return store;
    } catch (IOException e) {
      store.close();
      throw new StorageException("spool " + spool.directory() + " cannot be read: " + e, e);
    }
  }

  private void find() throws IOException {
    List<Path> files = SpoolDirectory.clean(spool.directory());
    for (Path file : files) {
      Segment segment = Segment.open(file);
      SegmentScan scan =
          new SegmentScan(
              segment, state.highestNumber(), file.equals(files.get(files.size() - 1)), reports);
      List<SpoolRecord> records = scan.run();
      state.found(segment, records, scan.highestNumber());
      if (records.isEmpty()) {
        segment.delete();
      }
    }
    SpoolState.Depth depth = state.depth(0);
    reports.depth(depth.messages(), depth.bytes());
    if (depth.messages() > 0) {
      LOG.info("spool {}: {} messages wait", spool.directory(), depth.messages());
    }
  }

  /** What waits. */
  SpoolState state() {
    return state;
  }

  @Override
  public boolean takes(Tenant tenant) {
    return state.takes(tenant);
  }

  @Override
  public Taken append(List<PublishCall> calls, boolean isAway) {
    if (isAway) {
      state.away(true);
    }
    delete(state.lastIfSettled());
    long now = clock.millis();
    List<Draft> drafts = calls.stream().map(call -> new Draft(call, now)).toList();
    MessagingException failure = state.admit(drafts);
    try {
      writer.write(drafts.stream().filter(Draft::isAdmitted).toList());
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        LOG.error("spool {} cannot be written; that is said once until it can", spool, e);
      }
      failing = true;
      failure = cannotBeWritten(e);
    }
    List<Long> records = drafts.stream().map(Draft::result).toList();
    if (isAway && records.stream().allMatch(record -> record == NOT_TAKEN)) {
      state.away(false); // nothing of it will tell that the server is back
    }
    return new Taken(records, failure);
  }

  private MessagingException cannotBeWritten(IOException e) {
    String what = "spool " + spool.directory() + " cannot be written: " + e;
    return e instanceof Segment.UncutException
        ? new OutcomeUnknownException(
            what + "; what was written of it may be published by the next run of the process", e)
        : new StorageException(what, e);
  }

  private void delete(@Nullable Segment segment) {
    if (segment != null) {
      reports.depth(0, -segment.size());
      try {
        segment.delete();
      } catch (IOException e) {
        LOG.warn("spool file {} cannot be deleted", segment.path(), e);
      }
    }
  }

  /**
   * Reads a record.
   *
   * @throws IOException if it cannot be read, or is not as it was written
   */
  PublishCall read(SpoolRecord record) throws IOException {
    return CallFormat.read(content(record));
  }

  private static byte[] content(SpoolRecord record) throws IOException {
    RecordFormat format = record.segment().format();
    RecordFormat.Found found = format == null ? null : format.readAt(bytes(record), 0);
    if (found == null || found.number() != record.number()) {
      throw new IOException("record " + record.number() + " is damaged");
    }
    return found.content();
  }

  private static byte[] bytes(SpoolRecord record) throws IOException {
    return record.segment().read(record.offset(), record.bytes());
  }

  /** Redis has a record. */
  void settle(SpoolRecord record) {
    Segment segment = record.segment();
    try {
      segment.settle(record.number());
    } catch (IOException e) { // sent once more by the next run, and recognized by Redis
      LOG.warn("spool file {} cannot be written", segment.path(), e);
    }
    forget(record);
  }

  private void forget(SpoolRecord record) {
    Segment settled = state.settled(record);
    reports.depth(-record.messages(), 0);
    delete(settled);
  }

  /**
   * Keeps the bytes of a record that is not to be published in a file, and is done with it. The
   * note of that is forced to the disk: Redis would not know the record again.
   *
   * @param why what the name of the file ends with
   * @throws IOException if that cannot be written; the record waits still
   */
  Path setAside(SpoolRecord record, String why) throws IOException {
    Path base = spool.directory().resolve(Long.toString(record.number()));
    Path file = SetAside.keep(base, why, bytes(record));
    record.segment().settle(record.number());
    record.segment().forceSettled();
    forget(record);
    return file;
  }

  /**
   * Gives back room: rewrites neighbouring files of which little waits as one. That takes the first
   * one's place, so records stay in the order of their numbers; what a crash leaves of the others
   * is known by its numbers.
   *
   * @return whether there were such files
   * @throws IOException if it cannot be done; what waits is where it was
   */
  boolean shrink() throws IOException {
    List<Segment> old = state.freezeForRewriting();
    if (old.isEmpty()) {
      return false;
    }
    RecordFormat format = new RecordFormat(random.nextLong());
    Segment into = Segment.inPlaceOf(old.get(0), format.mark());
    List<SpoolRecord> moved = new ArrayList<>();
    try {
      List<ByteBuffer> bytes = new ArrayList<>(); // no more than a file has
      long end = into.size();
      for (SpoolRecord record : state.waitingIn(old)) {
        moved.add(record.movedTo(into, end));
        bytes.add(format.written(record.number(), content(record)));
        end += record.bytes();
      }
      into.append(bytes);
      into.takePlace();
    } catch (IOException e) {
      into.close();
      throw e;
    }
    if (!state.rewritten(old, into, moved)) {
      into.close();
      return false;
    }
    reports.depth(0, into.size());
    reports.depth(0, -old.get(0).size());
    old.get(0).close();
    old.stream().skip(1).forEach(this::delete);
    return true;
  }

  /** What waits, and what was done. */
  public SpoolStats stats() {
    long now = clock.millis();
    SpoolState.Depth depth = state.depth(now);
    return new SpoolStats(
        depth.messages(),
        depth.bytes(),
        Duration.ofMillis(Math.max(0, now - depth.oldestMillis())),
        reports.replayedMessages(),
        reports.replayRate(),
        reports.refusedMessages(),
        reports.damagedRecords(),
        reports.cutBytes());
  }

  /** Takes no more; what waits stays there. */
  void stop() {
    state.close();
  }

  /** Lets go of the directory. */
  @Override
  public void close() {
    stop();
    if (closed.getAndSet(true)) {
      return;
    }
    reports.closed(this);
    reports.depth(-state.depth(0).messages(), 0);
    try (directory) {
      for (Segment segment : state.release()) {
        reports.depth(0, -segment.size());
        segment.close();
      }
    } catch (IOException e) {
      LOG.warn("spool {} cannot be closed", spool.directory(), e);
    }
  }
}

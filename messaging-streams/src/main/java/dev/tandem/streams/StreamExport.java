package dev.tandem.streams;

import dev.tandem.api.export.ExportPage;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.export.ExportReader;
import dev.tandem.tenant.KeyWalk;
import dev.tandem.tenant.Names;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKeys;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Exports the messages of one tenant that are in streams: scheduled ones, those in topics, events
 * by category, replayed dead letters, dead letters; one line of JSON each (see {@link ExportPage}).
 * Changes nothing in Redis. What can be made of messages again is left out: events by aggregate,
 * snapshots, projections, states of handlers, positions of groups.
 *
 * <pre>{@code
 * StreamExport export = StreamExport.builder(redis, acme).topic("orders", orderSerde).build();
 * String cursor = stored();
 * ExportPage page;
 * do {
 *   page = export.page(cursor);
 *   cursor = page.cursor();
 *   store(page.lines(), cursor);
 * } while (!page.isLast());
 * }</pre>
 *
 * <p><b>Guarantee.</b> A message that is in one place from the first page to the last is exported
 * exactly once, however often the export is broken off and goes on from a cursor, in another
 * process or after the server restarted too. Within a place, the order is that of the stream.
 *
 * <p><b>While others work.</b> No snapshot: each stream is exported up to the end that it has when
 * its turn comes. So of what is published meanwhile, some is there and some is not, an earlier
 * message of one stream may be missing where a later one of another is there, and what is trimmed,
 * deleted or taken back before its turn is missing. A message that moves may be there twice, and is
 * missed in two cases only: a dead letter that is replayed, or a stream that comes into being,
 * after its turn would have been. To have everything, stop the producers and replays first.
 *
 * <p><b>Bounds.</b> A page holds as many lines as asked for, less if these take about 4 MiB; one
 * read asks for as many messages as take about 1 MiB, going by the size of those before. Memory
 * does not grow with the tenant. Streams are found as {@link TenantKeys} says, with the rights that
 * it needs: by a walk through the server's keys for each kind, and for each 10,000 streams.
 *
 * <p><b>Errors.</b> A payload that its serde cannot read, an unknown key among the reasons, is
 * exported as it is with the reason. An exception ends the page, not the export: the cursor stays
 * good. {@link dev.tandem.api.error.UnavailableException}: the server, or the keyring, is away.
 *
 * <p>Thread safety: not safe for use by many threads; calls run on the caller's.
 */
public final class StreamExport {
  /** How many lines a page has at most, unless said otherwise: {@value}. */
  public static final int DEFAULT_PAGE = 1_000;

  /** The most lines that a page may have: {@value}. */
  public static final int MOST_PAGE = 10_000;

  private final KeyWalk walk;
  private final int pageSize;

  private StreamExport(Builder options) {
    walk =
        new KeyWalk(
            options.redis,
            options.tenant,
            ExportReader.PHASES,
            new ExportReader(options.redis, options.tenant, options.topics, options.categories));
    pageSize = options.pageSize;
  }

  /** An export of this tenant's messages; payloads as they are stored unless said otherwise. */
  public static Builder builder(RedisConnection redis, Tenant tenant) {
    return new Builder(redis, tenant);
  }

  /**
   * The next page.
   *
   * @param cursor where the page before ended, or null for the first
   * @throws dev.tandem.api.error.InvalidValueException if the cursor is not from an export of this
   *     tenant's streams
   */
  public ExportPage page(@Nullable String cursor) {
    return walk.page(cursor, pageSize);
  }

  /**
   * Describes a {@link StreamExport}.
   *
   * <p>Thread safety: not safe for use by many threads.
   */
  public static final class Builder {
    private final RedisConnection redis;
    private final Tenant tenant;
    private final Map<String, Serde<?>> topics = new HashMap<>();
    private final Map<String, Serde<?>> categories = new HashMap<>();
    private int pageSize = DEFAULT_PAGE;

    private Builder(RedisConnection redis, Tenant tenant) {
      this.redis = Require.notNull("redis", redis);
      this.tenant = Require.notNull("tenant", tenant);
    }

    /**
     * Reads the payloads of a topic by this serde, in its stream and among scheduled, replayed and
     * dead letters, and writes what it gives as JSON, by Jackson. Nothing is lost on the way if it
     * reads JSON as {@code Map<String, Object>}, or as bytes.
     */
    public Builder topic(String name, Serde<?> serde) {
      topics.put(Names.check("topic", name), Require.notNull("serde", serde));
      return this;
    }

    /** Reads the payloads of a category's events by this serde, likewise. */
    public Builder events(String category, Serde<?> serde) {
      categories.put(Names.check("category", category), Require.notNull("serde", serde));
      return this;
    }

    /**
     * How many lines a page has at most, 1 to {@value #MOST_PAGE}; {@value #DEFAULT_PAGE} by
     * default.
     */
    public Builder pageSize(int lines) {
      pageSize = Require.inRange("pageSize", lines, 1, MOST_PAGE);
      return this;
    }

    /** The export; nothing is sent yet. */
    public StreamExport build() {
      return new StreamExport(this);
    }
  }
}

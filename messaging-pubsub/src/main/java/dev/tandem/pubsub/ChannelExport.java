package dev.tandem.pubsub;

import dev.tandem.api.export.ExportPage;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.internal.export.BufferReader;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyWalk;
import dev.tandem.tenant.Names;
import dev.tandem.tenant.Tenant;
import dev.tandem.tenant.TenantKeys;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Exports the messages of one tenant that can still be recovered from its live channels, one line
 * of JSON each (see {@link ExportPage}). Changes nothing in Redis, not even how long a channel is
 * kept. Fleeting channels hold nothing. Used like the export of streams.
 *
 * <p><b>Guarantee.</b> A message that is in its channel's buffer from the first page to the last is
 * exported exactly once, however often the export is broken off and goes on from a cursor, in
 * another process or after the server restarted too. Within a channel, the order is that of the
 * versions.
 *
 * <p><b>While others work.</b> No snapshot: each channel is exported up to the version that it has
 * when its turn comes. Missing is what is published after that, what goes out of a channel's
 * retention before its turn, channels that come into being after theirs would have been, and, if
 * the server fails over amid a channel to a replica that knows less, what is published to that
 * channel until it stands where it stood. Messages that have expired are there.
 *
 * <p><b>Bounds.</b> A page holds as many lines as asked for, less if these take about 4 MiB; 16
 * frames are read at a time, of 256 KiB each unless one message or batch is larger. Channels are
 * found as {@link TenantKeys} says, with the rights that it needs: by a walk through the server's
 * keys, and one more for each 10,000 channels.
 *
 * <p><b>Errors.</b> A payload that its serde cannot read, an unknown key among the reasons, is
 * exported as it is with the reason. An exception ends the page, not the export: the cursor stays
 * good. {@link dev.tandem.api.error.UnavailableException}: the server, or the keyring, is away.
 *
 * <p>Thread safety: not safe for use by many threads; calls run on the caller's.
 */
public final class ChannelExport {
  /** How many lines a page has at most, unless said otherwise: {@value}. */
  public static final int DEFAULT_PAGE = 1_000;

  /** The most lines that a page may have: {@value}. */
  public static final int MOST_PAGE = 10_000;

  private final KeyWalk walk;
  private final int pageSize;

  private ChannelExport(Builder options) {
    walk =
        new KeyWalk(
            options.redis,
            options.tenant,
            BufferReader.PHASES,
            new BufferReader(options.redis, options.tenant, options.channels));
    pageSize = options.pageSize;
  }

  /** An export of this tenant's channels; payloads as they are stored unless said otherwise. */
  public static Builder builder(RedisConnection redis, Tenant tenant) {
    return new Builder(redis, tenant);
  }

  /**
   * The next page.
   *
   * @param cursor where the page before ended, or null for the first
   * @throws dev.tandem.api.error.InvalidValueException if the cursor is not from an export of this
   *     tenant's channels
   */
  public ExportPage page(@Nullable String cursor) {
    return walk.page(cursor, pageSize);
  }

  /**
   * Describes a {@link ChannelExport}.
   *
   * <p>Thread safety: not safe for use by many threads.
   */
  public static final class Builder {
    private final RedisConnection redis;
    private final Tenant tenant;
    private final Map<String, Serde<?>> channels = new HashMap<>();
    private int pageSize = DEFAULT_PAGE;

    private Builder(RedisConnection redis, Tenant tenant) {
      this.redis = Require.notNull("redis", redis);
      this.tenant = Require.notNull("tenant", tenant);
    }

    /**
     * Reads the payloads of a channel by this serde, and writes what it gives as JSON, by Jackson.
     * Nothing is lost on the way if it reads JSON as {@code Map<String, Object>}, or as bytes.
     */
    public Builder channel(String name, Serde<?> serde) {
      channels.put(Names.check("channel", name), Require.notNull("serde", serde));
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
    public ChannelExport build() {
      return new ChannelExport(this);
    }
  }
}

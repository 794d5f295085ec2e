package dev.tandem.tenant;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Builds every key and channel name that Tandem uses.
 *
 * <p>Plain, {@code tenant:acme:stream:orders}, or with the tenant as hash tag, {@code
 * tenant:{acme}:stream:orders}, so that on a Cluster everything of one tenant lies in one slot and
 * can change together. Which of the two is a property of the connection ({@link
 * RedisConnection#usesHashTags()}): all programs that share data must agree.
 *
 * <p>Keys are remembered, up to {@value #REMEMBERED} streams, and as many channels, tenants'
 * indexes of them and categories of events; beyond that they are built anew each time.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class KeyLayout {
  /** The most streams, channels, and categories of events each, whose keys are remembered. */
  public static final int REMEMBERED = 16_384;

  /** What the names of all {@link #probe} channels begin with. */
  static final String PROBES = "tandem:probe:";

  private final boolean hashTags;
  private final ConcurrentHashMap<Place, StreamKeys> streams = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Place, ChannelKeys> channels = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Place, RedisKey> indexes = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Place, EventKeys> categories = new ConcurrentHashMap<>();

  private KeyLayout(boolean hashTags) {
    this.hashTags = hashTags;
  }

  /** The layout that this connection asks for. */
  public static KeyLayout of(RedisConnection redis) {
    return redis.usesHashTags() ? hashTagged() : plain();
  }

  /** {@code tenant:acme:…}. */
  public static KeyLayout plain() {
    return new KeyLayout(false);
  }

  /** {@code tenant:{acme}:…}. */
  public static KeyLayout hashTagged() {
    return new KeyLayout(true);
  }

  /** The keys of a stream; refuses a topic that breaks the rule of {@link Names}. */
  public StreamKeys stream(Tenant tenant, String topic) {
    return remembered(
        streams, new Place(tenant, topic), place -> new StreamKeys(prefix(tenant), topic));
  }

  /** The keys of a channel; refuses a name that breaks the rule of {@link Names}. */
  public ChannelKeys channel(Tenant tenant, String channel) {
    return remembered(
        channels,
        new Place(tenant, channel),
        place -> new ChannelKeys(prefix(tenant), channel, channelIndex(tenant)));
  }

  /**
   * The sorted set of the names of a tenant's recoverable channels, by when they were last seen to
   * be alive; and the name of the channel that tells when one is added.
   */
  public RedisKey channelIndex(Tenant tenant) {
    return remembered(
        indexes, new Place(tenant, ""), place -> RedisKey.of(prefix(tenant) + ":channels"));
  }

  /** What to subscribe to for all channels of a tenant that match. */
  public RedisKey channels(Tenant tenant, NamePattern pattern) {
    return RedisKey.of(prefix(tenant) + ":channel:" + pattern.text());
  }

  /** The name of the channel, within its tenant, that messages are published to by this name. */
  public static String channelName(String published) {
    return published.substring(published.lastIndexOf(':') + 1);
  }

  /** The keys of a category of events; refuses a name that breaks the rule of {@link Names}. */
  public EventKeys events(Tenant tenant, String category) {
    return remembered(
        categories, new Place(tenant, category), place -> new EventKeys(prefix(tenant), category));
  }

  /**
   * The hash of a tenant's state of this name, which transactional handlers keep; refuses a name
   * that breaks the rule of {@link Names}.
   */
  public RedisKey state(Tenant tenant, String name) {
    return RedisKey.of(prefix(tenant) + ":state:" + Names.check("state", name));
  }

  /** What is remembered of a hybrid publisher's last calls for a tenant. */
  public RedisKey publisher(Tenant tenant, String id) {
    return RedisKey.of(prefix(tenant) + ":publisher:" + Names.check("publisher id", id));
  }

  /** The keys by which a tenant's quotas are kept. */
  public QuotaKeys quotas(Tenant tenant) {
    return new QuotaKeys(prefix(tenant));
  }

  /**
   * A channel that belongs to one process and to no tenant, by which it proves that its subscriber
   * connection still delivers.
   */
  public RedisKey probe(String instance) {
    return RedisKey.of(PROBES + Names.check("instance", instance));
  }

  /** What all names of a tenant begin with, apart from the {@code :} that follows. */
  String prefix(Tenant tenant) {
    String name = Require.notNull("tenant", tenant).name();
    return hashTags ? "tenant:{" + name + "}" : "tenant:" + name;
  }

  private static <K> K remembered(
      ConcurrentHashMap<Place, K> known, Place place, Function<Place, K> build) {
    K keys = known.get(place);
    if (keys != null) {
      return keys;
    }
    if (known.size() >= REMEMBERED) {
      return build.apply(place);
    }
    return known.computeIfAbsent(place, build);
  }

  /** The tenant whose {@link #prefix} this is, or null if it is none's. */
  @Nullable Tenant tenantOf(String prefix) {
    String before = hashTags ? "tenant:{" : "tenant:";
    String after = hashTags ? "}" : "";
    if (!prefix.startsWith(before) || !prefix.endsWith(after)) {
      return null;
    }
    try {
      return Tenant.of(prefix.substring(before.length(), prefix.length() - after.length()));
    } catch (InvalidValueException e) {
      return null;
    }
  }

  private record Place(Tenant tenant, String name) {}
}

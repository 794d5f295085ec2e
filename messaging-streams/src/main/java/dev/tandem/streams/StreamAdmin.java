package dev.tandem.streams;

import dev.tandem.api.MessageId;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.streams.internal.admin.Claims;
import dev.tandem.streams.internal.admin.Explainer;
import dev.tandem.streams.internal.admin.Groups;
import dev.tandem.streams.internal.admin.Members;
import dev.tandem.streams.internal.admin.TrimPreview;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.trim.TrimRule;
import dev.tandem.streams.internal.trim.Trimmer;
import dev.tandem.tenant.GroupKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Looks after the streams of tenants: their groups, consumers, pending messages and length.
 *
 * <p>Everything may be done while workers run. A stream that does not exist is described as an
 * empty one; a group that does not exist is a {@link dev.tandem.api.error.MessagingException} with
 * the code {@link dev.tandem.api.error.ErrorCode#GROUP_MISSING} that names it, and what breaks a
 * rule an {@link dev.tandem.api.error.InvalidValueException}.
 *
 * <p>Calls block, mostly for one or a few round trips, and throw {@link
 * dev.tandem.api.error.MessagingException}s. None keeps the server busy for long at a time: what
 * may be much is done in steps, and a call that fails has done what it did until then.
 *
 * <p>What only reads is asked again when a reply is lost. What changes something is not, where a
 * second time would not be the same: creating and deleting groups and consumers, {@link #delete},
 * {@link #release} and {@link #claim} then throw an {@link
 * dev.tandem.api.error.OutcomeUnknownException}: it is done or not, and looking tells. Doing it
 * again does no harm, except that {@code claim} counts another delivery.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class StreamAdmin {
  /** The most messages that one call lists or hands back. */
  public static final int MOST_LISTED = 10_000;

  /** The longest name of a consumer, in characters. */
  public static final int LONGEST_CONSUMER = 512;

  private static final Duration LONGEST_IDLE = Duration.ofDays(36_500);

  private final RedisConnection redis;
  private final KeyLayout keys;
  private final ConcurrentHashMap<String, Trimmer> trimmers = new ConcurrentHashMap<>();

  private StreamAdmin(RedisConnection redis) {
    this.redis = redis;
    this.keys = KeyLayout.of(redis);
  }

  /** The streams that can be reached over this connection. */
  public static StreamAdmin of(RedisConnection redis) {
    return new StreamAdmin(Require.notNull("redis", redis));
  }

  /** Length, ends and size of a stream. */
  public StreamInfo info(Tenant tenant, String topicName) {
    return new Groups(executor()).info(keys.stream(tenant, topicName));
  }

  /** The groups of a stream, with how far each lags. */
  public List<GroupInfo> groups(Tenant tenant, String topicName) {
    return new Groups(executor()).list(keys.stream(tenant, topicName));
  }

  /**
   * How many messages a group has not read yet. Exact on Redis 7.0 and later, unless messages that
   * it had not read were deleted or trimmed away; on 6.2, and then, exact up to 10,000, which are
   * counted by reading through them, and estimated beyond.
   */
  public Lag lag(Tenant tenant, String topicName, String group) {
    StreamKeys stream = keys.stream(tenant, topicName);
    return new Groups(executor()).lag(stream, stream.group(group));
  }

  /**
   * Creates a group, and the stream if there is none.
   *
   * @return false if there is a group of this name, which stays as it is
   */
  public boolean createGroup(
      Tenant tenant, String topicName, String group, StreamPosition position) {
    return new Groups(executor()).create(group(tenant, topicName, group), text(position));
  }

  /**
   * Sets where a group goes on reading. What is pending stays pending; going back, the group gets
   * messages again, also those that are still pending.
   */
  public void setPosition(Tenant tenant, String topicName, String group, StreamPosition position) {
    StreamKeys stream = keys.stream(tenant, topicName);
    new Groups(executor()).setPosition(stream, stream.group(group), text(position));
  }

  /**
   * Deletes a group with what is pending in it; its dead letters stay. Workers that still run for
   * it make it anew, from where they know it stood: stop them first.
   *
   * @return what it had still to do, and whether it is gone
   */
  public DeletedGroup deleteGroup(
      Tenant tenant, String topicName, String group, Deletion deletion) {
    StreamKeys stream = keys.stream(tenant, topicName);
    Require.notNull("deletion", deletion);
    return new Groups(executor()).delete(stream, stream.group(group), deletion);
  }

  /** The consumers of a group, and the names that Tandem keeps messages under. */
  public List<ConsumerInfo> consumers(Tenant tenant, String topicName, String group) {
    return members(tenant, topicName, group).list();
  }

  /**
   * Deletes a consumer, but only if nothing is pending under its name at that moment.
   *
   * @return whether it is deleted
   * @throws dev.tandem.api.error.InvalidValueException if the group knows no such consumer, or it
   *     is one that Tandem keeps for itself
   */
  public boolean deleteConsumer(Tenant tenant, String topicName, String group, String consumer) {
    return members(tenant, topicName, group).deleteIdle(consumerName(consumer));
  }

  /**
   * Deletes a consumer after handing what is pending under its name to the group's others, who may
   * take it at once; delivery counts stay. Messages whose data is gone become dead letters. Nothing
   * is lost; but if the consumer is alive, it loses its leases, and messages may be handled twice.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the group knows no such consumer, or it
   *     is one that Tandem keeps for itself
   */
  public RemovedConsumer forceDeleteConsumer(
      Tenant tenant, String topicName, String group, String consumer) {
    return members(tenant, topicName, group).handOverAndDelete(consumerName(consumer));
  }

  /** What is pending in a group, counted. */
  public PendingSummary pendingSummary(Tenant tenant, String topicName, String group) {
    return members(tenant, topicName, group).summary();
  }

  /**
   * What is pending in a group, oldest first.
   *
   * @param limit the most to list, 1 to {@value #MOST_LISTED}
   */
  public List<PendingMessage> pending(
      Tenant tenant, String topicName, String group, PendingQuery query, int limit) {
    Require.inRange("limit", limit, 1, MOST_LISTED);
    return members(tenant, topicName, group).pending(Require.notNull("query", query), limit);
  }

  /**
   * Takes pending messages from their consumers and hands them back, so that any worker of the
   * group takes them next, without waiting for their leases to lapse; delivery counts stay. A
   * consumer that still works on one has lost its lease, and the message may be handled twice.
   * Those that wait for a retry are left waiting.
   *
   * @param ids up to {@value #MOST_LISTED}
   * @param minIdle leaves alone what was touched more lately, such as by the renewal of a lease;
   *     zero to take everything
   * @return what became of each
   */
  public Map<MessageId, ReleaseOutcome> release(
      Tenant tenant, String topicName, String group, Collection<MessageId> ids, Duration minIdle) {
    Require.inRange("number of ids", Require.notNull("ids", ids).size(), 0, MOST_LISTED);
    Require.inRange("minIdle", minIdle, Duration.ZERO, LONGEST_IDLE);
    ids.forEach(StreamAdmin::entryId);
    return Collections.unmodifiableMap(
        members(tenant, topicName, group).release(List.copyOf(ids), minIdle));
  }

  /**
   * Makes pending messages those of another consumer, at once: for programs of your own that ask
   * Redis for what is pending under their name, and know best who should go on with a message. For
   * {@link StreamWorker}s and {@link StreamConsumer}s use {@link #release}: only after an error do
   * they look for what is pending under their name, so that it would lie there for a lease time,
   * until they, or a member of the group that sweeps, find it.
   *
   * <p>Each claim counts as one more delivery, and the message's idle time begins again. A worker
   * that still holds one loses its lease: it finds out when it renews next, within a third of its
   * lease time, and {@link Delivery#isLeaseLost()} says so. From then on it may retry, reject or
   * commit nothing, but its handler may have done its work, and its acknowledgement still counts.
   * So the message may be handled twice. Live workers touch what they hold every third of their
   * lease time, at least every 10 seconds: a {@code minIdle} well above that leaves them alone.
   *
   * <p>Not repeated when the reply is lost, for that would count two deliveries: see {@link
   * dev.tandem.api.error.OutcomeUnknownException}.
   *
   * @param consumer who is to have them; made if the group does not know it
   * @param ids up to {@value #MOST_LISTED}
   * @param minIdle leaves alone what was touched more lately; zero to take everything
   * @return what became of each
   * @throws dev.tandem.api.error.InvalidValueException if the consumer is one that Tandem keeps for
   *     itself
   */
  public Map<MessageId, ClaimOutcome> claim(
      Tenant tenant,
      String topicName,
      String group,
      String consumer,
      Collection<MessageId> ids,
      Duration minIdle) {
    Require.inRange("number of ids", Require.notNull("ids", ids).size(), 0, MOST_LISTED);
    ids.forEach(StreamAdmin::entryId);
    return Collections.unmodifiableMap(
        claims(tenant, topicName, group, consumer, minIdle).claim(List.copyOf(ids)));
  }

  /**
   * Makes what is pending under the name of one consumer that of another, oldest first, like {@link
   * #claim}. What waits for a retry is under another name, and left waiting.
   *
   * @param from who has them
   * @param consumer who is to have them; made if the group does not know it
   * @param minIdle leaves alone what was touched more lately; zero to take everything
   * @param limit the most to claim, 1 to {@value #MOST_LISTED}
   * @return those claimed; if they are as many as the limit, there may be more
   * @throws dev.tandem.api.error.InvalidValueException if the two are the same, or the new one is
   *     one that Tandem keeps for itself, or the old one that of messages which wait for a retry
   */
  public List<MessageId> claimAll(
      Tenant tenant,
      String topicName,
      String group,
      String from,
      String consumer,
      Duration minIdle,
      int limit) {
    Require.inRange("limit", limit, 1, MOST_LISTED);
    return claims(tenant, topicName, group, consumer, minIdle).claimAll(consumerName(from), limit);
  }

  private Claims claims(
      Tenant tenant, String topicName, String group, String consumer, Duration minIdle) {
    Require.inRange("minIdle", minIdle, Duration.ZERO, LONGEST_IDLE);
    return new Claims(
        members(tenant, topicName, group), Claims.checkConsumer(consumerName(consumer)), minIdle);
  }

  /**
   * Trims a stream by a policy, now, whether or not another process does so. One call removes at
   * most 100,000 messages: if the report is not {@linkplain TrimReport#complete() complete}, call
   * again.
   */
  public TrimReport trim(Tenant tenant, String topicName, Trimming trimming) {
    StreamKeys stream = keys.stream(tenant, topicName);
    Require.notNull("trimming", trimming);
    return trimmer(topicName).run(executor(), stream, trimming);
  }

  /** Removes all messages before this one, read or not; see {@link #trim}. */
  public TrimReport trimBefore(Tenant tenant, String topicName, MessageId id) {
    StreamKeys stream = keys.stream(tenant, topicName);
    return trimmer(topicName).run(executor(), stream, TrimRule.before(entryId(id)));
  }

  /**
   * Deletes one message from a stream, for good and for all its groups, whether they have handled
   * it or not. What becomes of it in a group that
   *
   * <ul>
   *   <li>has not read it: it is never delivered, and nothing reports it, neither {@link
   *       GroupInfo#lost()} nor a dead letter;
   *   <li>holds it, or retries it: it is reported lost, and a dead letter without data ({@link
   *       DeadLetterReason#PAYLOAD_LOST}), when it would be delivered again. A handler that has it
   *       already goes on, and its acknowledgement counts;
   *   <li>has it among its dead letters, or replays it: it stays there, with its data.
   * </ul>
   *
   * <p>This is the way past a message at which a worker with {@link Ordering#STRICT} has stopped:
   * delete the message, then call {@link StreamWorker#resume()}.
   *
   * <p>Not repeated when the reply is lost, for then it could not tell whether this call deleted
   * it: see {@link dev.tandem.api.error.OutcomeUnknownException}. Calling again makes sure that it
   * is gone.
   *
   * @return whether it was there; false also if there is no such stream
   */
  public boolean delete(Tenant tenant, String topicName, MessageId id) {
    StreamKeys stream = keys.stream(tenant, topicName);
    return new Groups(executor()).deleteMessage(stream, entryId(id));
  }

  /**
   * What {@link #trim} would do, removing nothing. Counts by reading through what would be removed,
   * up to 100,000 messages; beyond that the report is neither exact nor complete. Other programs go
   * on meanwhile.
   */
  public TrimReport previewTrim(Tenant tenant, String topicName, Trimming trimming) {
    if (Require.notNull("trimming", trimming).kind() == Trimming.Kind.NONE) {
      return trim(tenant, topicName, trimming);
    }
    return preview(keys.stream(tenant, topicName), TrimRule.of(trimming));
  }

  /** What {@link #trimBefore} would do; see {@link #previewTrim}. */
  public TrimReport previewTrimBefore(Tenant tenant, String topicName, MessageId id) {
    return preview(keys.stream(tenant, topicName), TrimRule.before(entryId(id)));
  }

  /**
   * Where one message stands in each group of its stream, at one moment apart from the dead letters
   * and their replays, which are looked up right after. A message that is replayed to a group
   * stands there as the replay does ({@link GroupStanding#replayId()}). Groups whose names break
   * the rule of {@link dev.tandem.tenant.Names}, which no worker can have made, are left out.
   *
   * <p>The cost is bounded: up to 20,000 dead letters and as many replays of each group that has
   * passed the message are looked through, those moved since it was published. What cannot be known
   * is said by {@link GroupStanding#certain()} and {@link MessageState#UNKNOWN}.
   *
   * @throws dev.tandem.api.error.InvalidValueException if no such message was published since the
   *     stream was made, as far as the server can tell: its id lies beyond the last one, or (from
   *     Redis 7.0 on) nothing was ever removed from the stream, or nothing but what lies before the
   *     first one there, and the id lies behind that. A server that has loaded a stream which Redis
   *     6.2 wrote knows nothing of what was removed until then. Where it cannot tell, a message
   *     that is not there counts as removed
   */
  public MessageReport explain(Tenant tenant, String topicName, MessageId id) {
    StreamKeys stream = keys.stream(tenant, topicName);
    return new Explainer(executor(), stream, topicName).explain(entryId(id));
  }

  // Remembers what was told of the topic's streams, so that it is told once.
  private Trimmer trimmer(String topicName) {
    return trimmers.computeIfAbsent(topicName, name -> new Trimmer(redis.metrics(), name));
  }

  private TrimReport preview(StreamKeys stream, TrimRule rule) {
    return new TrimPreview(executor(), stream, rule).count();
  }

  private Members members(Tenant tenant, String topicName, String group) {
    return new Members(executor(), group(tenant, topicName, group));
  }

  private GroupKeys group(Tenant tenant, String topicName, String group) {
    return keys.stream(tenant, topicName).group(group);
  }

  private CommandExecutor executor() {
    return redis.commands();
  }

  private static String consumerName(String consumer) {
    return Require.text("consumer", consumer, 1, LONGEST_CONSUMER);
  }

  private static EntryId entryId(MessageId id) {
    return EntryId.parse(Require.notNull("message id", id).value());
  }

  private static String text(StreamPosition position) {
    EntryId id = Require.notNull("position", position).id();
    return id == null ? "$" : id.toString();
  }
}

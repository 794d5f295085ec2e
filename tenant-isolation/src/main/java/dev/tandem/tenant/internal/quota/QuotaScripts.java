package dev.tandem.tenant.internal.quota;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.QuotaKeys;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.quota.Quota;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Calls the scripts. Each is repeated if its reply is lost: what it takes may be taken twice, so
 * that too much counts as used until it is given back or forgotten; and what it gives back of the
 * rate or of a stream's bytes may be given back twice, so that as much too little counts. What is
 * given back in the course of sending is what a tenth of a second needs, or what failed.
 */
public final class QuotaScripts {
  /** The resource of the function {@code has_channel_room}, to be joined in front of its users. */
  public static final String CHANNEL_ROOM_RESOURCE = "channel_room.lua";

  /** How long room in a stream is kept for who does not say what became of it. */
  static final Duration ROOM_KEPT = Duration.ofSeconds(1);

  /** How long a channel that may begin has for it: as long as a publish is tried again. */
  static final Duration CHANNEL_KEPT = Duration.ofSeconds(15);

  /** How long subscriptions are known without being reported again. */
  static final Duration SUBSCRIPTIONS_KEPT = Duration.ofSeconds(60);

  private static final Script RATE = Script.resource(QuotaScripts.class, "rate.lua");
  private static final Script ROOM = Script.resource(QuotaScripts.class, "room.lua");
  private static final Script CHANNEL =
      Script.joined(
          Script.resource(QuotaScripts.class, CHANNEL_ROOM_RESOURCE),
          QuotaScripts.class,
          "channel.lua");
  private static final Script SUBSCRIPTIONS =
      Script.resource(QuotaScripts.class, "subscriptions.lua");
  private static final Script SET = Script.resource(QuotaScripts.class, "set.lua");

  private QuotaScripts() {}

  /**
   * Rights to publish.
   *
   * @param taken how many; 0 if there were not enough
   * @param waitMillis when there will be enough
   */
  record Rate(long taken, long waitMillis) {}

  static Rate rate(
      CommandExecutor redis, QuotaKeys keys, long limit, long need, long wanted, long back) {
    List<@Nullable Object> reply =
        Replies.list(
            redis.execute(
                RATE.call(keys.rate()).arg(limit).arg(need).arg(wanted).arg(back).repeatable()));
    return new Rate(Replies.number(reply.get(0)), Replies.number(reply.get(1)));
  }

  /**
   * What is asked of a stream.
   *
   * @param holder who asks
   * @param entries the limit, 0 for none
   * @param bytes the limit, 0 for none
   * @param heldEntries room given before that may be used up, or not
   * @param heldBytes likewise
   * @param backBytes room given before that is not needed
   */
  record RoomQuestion(
      StreamKeys keys,
      String holder,
      long entries,
      long bytes,
      long heldEntries,
      long heldBytes,
      long backBytes,
      long needEntries,
      long wantedEntries,
      long needBytes,
      long wantedBytes) {}

  /**
   * Room in a stream.
   *
   * @param lacks what is full, or null
   * @param isTight whether less than half of what may be there is free
   */
  record Room(long entries, long bytes, @Nullable Quota lacks, boolean isTight) {}

  static Room room(CommandExecutor redis, RoomQuestion question) {
    List<@Nullable Object> reply =
        Replies.list(
            redis.execute(
                ROOM.call(question.keys().stream(), question.keys().quota())
                    .arg(question.holder())
                    .arg(question.entries())
                    .arg(question.bytes())
                    .arg(question.heldEntries())
                    .arg(question.heldBytes())
                    .arg(question.backBytes())
                    .arg(question.needEntries())
                    .arg(question.wantedEntries())
                    .arg(question.needBytes())
                    .arg(question.wantedBytes())
                    .arg(ROOM_KEPT.toMillis())
                    .repeatable()));
    long lacks = Replies.number(reply.get(2));
    return new Room(
        Replies.number(reply.get(0)),
        Replies.number(reply.get(1)),
        lacks == 0 ? null : lacks == 1 ? Quota.STREAM_LENGTH : Quota.STREAM_BYTES,
        Replies.number(reply.get(5)) == 1);
  }

  static boolean channel(
      CommandExecutor redis, ChannelKeys channel, QuotaKeys keys, String name, long limit) {
    return Replies.number(
            redis.execute(
                CHANNEL
                    .call(channel.index(), keys.channels())
                    .arg(name)
                    .arg(limit)
                    .arg(CHANNEL_KEPT.toMillis())
                    .repeatable()))
        == 1;
  }

  /** Whether so many subscriptions of a process were noted. */
  static boolean subscriptions(
      CommandExecutor redis, QuotaKeys keys, String process, long count, long report, long limit) {
    List<@Nullable Object> reply =
        Replies.list(
            redis.execute(
                SUBSCRIPTIONS
                    .call(keys.subscriptions())
                    .arg(process)
                    .arg(count)
                    .arg(report)
                    .arg(limit)
                    .arg(SUBSCRIPTIONS_KEPT.toMillis())
                    .repeatable()));
    return Replies.number(reply.get(0)) == 1;
  }

  /** Sets all quotas of a tenant, in place of those before. */
  public static Command set(RedisKey limits, Map<Quota, Long> quotas) {
    Command command = SET.call(limits);
    quotas.forEach((quota, limit) -> command.arg(quota.label()).arg(limit));
    return command.repeatable();
  }
}

package dev.tandem.pubsub.internal.frame;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Script;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.QuotaKeys;
import dev.tandem.tenant.internal.quota.QuotaScripts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The scripts that append to a channel's log and read it. What reads begins a log where there is
 * none; if it is given the keys of its tenant's quotas, not beyond how many channels that may have:
 * then it answers {@link #NO_ROOM}.
 */
public final class FrameScripts {
  /**
   * The functions {@code read_head} and {@code append_frame}, to be joined in front of a script
   * that calls them.
   */
  public static final Script APPEND_FRAME = Script.resource(FrameScripts.class, "append_frame.lua");

  /** In place of a version: a later call of the publisher was executed, this one is not. */
  public static final long OVERTAKEN = -1;

  /** In place of a version: the call that must come before was not executed just before. */
  public static final long OUT_OF_ORDER = -2;

  /** The most logs that one call reads the heads of: {@value}. */
  public static final int MOST_HEADS = 64;

  /** How many fields {@link #readHeads} answers for each log. */
  public static final int HEAD_FIELDS = 3;

  /**
   * In place of a version: there is no log, and the tenant may have no more channels; the nonce is
   * how many it may have.
   */
  public static final long NO_ROOM = -1;

  /** How many fields a read answers before the frames. */
  public static final int READ_FIELDS = 5;

  private static final Script MEMORY =
      Script.joined(APPEND_FRAME, FrameScripts.class, "publisher_memory.lua");
  private static final Script PUBLISH = Script.joined(MEMORY, FrameScripts.class, "publish.lua");
  private static final Script PUBLISH_BATCH =
      Script.joined(MEMORY, FrameScripts.class, "publish_batch.lua");
  private static final Script KEEP_HEAD =
      Script.joined(
          Script.joined(APPEND_FRAME, QuotaScripts.class, QuotaScripts.CHANNEL_ROOM_RESOURCE),
          FrameScripts.class,
          "keep_head.lua");
  private static final Script READ = Script.joined(KEEP_HEAD, FrameScripts.class, "read.lua");
  private static final Script READ_HEADS =
      Script.joined(KEEP_HEAD, FrameScripts.class, "read_heads.lua");

  private FrameScripts() {}

  /**
   * Stores and publishes a frame, once however often it is sent; answers epoch, first version and
   * receivers, and the server's time in milliseconds unless it was done before; or a negative
   * {@link #OVERTAKEN version} if it did nothing.
   *
   * @param head that stands in front of the body already, or null
   * @param newEpoch the epoch of the log if this frame begins one
   */
  public static Command publish(
      ChannelKeys keys,
      @Nullable ForeseenHead head,
      FrameBody body,
      String newEpoch,
      Duration retention,
      int maxMessages,
      PublishTry attempt) {
    Command call =
        PUBLISH
            .call(keys.meta(), keys.buffer(), keys.publisher(attempt.publisher()), keys.index())
            .arg(keys.channel().bytes())
            .arg(body.nonce())
            .arg(body.count())
            .arg(body.bytes())
            .arg(newEpoch)
            .arg(retention.toMillis())
            .arg(maxMessages)
            .arg(attempt.publisher())
            .arg(attempt.number())
            .arg(attempt.after())
            .arg(attempt.maybeDone() ? 1 : 0);
    return head == null
        ? call
        : call.arg(head.stand()).arg(head.timestampMillis()).arg(head.json(body.count()).length());
  }

  /**
   * One channel's part of a batch.
   *
   * @param newEpoch the epoch of the log if this frame begins one
   * @param retention zero if the channel is fleeting
   */
  public record Part(
      ChannelKeys keys, FrameBody body, String newEpoch, Duration retention, int maxMessages) {
    private boolean isRecoverable() {
      return !retention.isZero();
    }
  }

  /**
   * Stores and publishes a frame each on several channels of one tenant, all or none, once however
   * often it is sent; answers epoch, first version and receivers of each, or {@link #OVERTAKEN}.
   *
   * @param parts the recoverable ones first
   */
  public static Command publishAll(List<Part> parts, PublishTry attempt) {
    List<RedisKey> keys = new ArrayList<>();
    for (Part part : parts) {
      if (part.isRecoverable()) {
        keys.add(part.keys().meta());
        keys.add(part.keys().buffer());
        keys.add(part.keys().publisher(attempt.publisher()));
      } else {
        keys.add(part.keys().channel());
      }
    }
    if (parts.get(0).isRecoverable()) {
      keys.add(parts.get(0).keys().index());
    }
    Command call =
        PUBLISH_BATCH
            .call(keys.toArray(RedisKey[]::new))
            .arg(attempt.publisher())
            .arg(attempt.number())
            .arg(attempt.maybeDone() ? 1 : 0);
    for (Part part : parts) {
      call.arg(part.keys().channel().bytes())
          .arg(part.body().nonce())
          .arg(part.body().count())
          .arg(part.body().bytes())
          .arg(part.newEpoch())
          .arg(part.retention().toMillis())
          .arg(part.maxMessages());
    }
    return call;
  }

  /** Reads where the log stands; answers epoch, version, nonce, 0, the server's time. */
  public static Command readHead(
      ChannelKeys keys, @Nullable QuotaKeys quotas, String newEpoch, Duration retention) {
    return read(keys, quotas, newEpoch, retention, "head", "", 0, 0, 0);
  }

  /**
   * One log's part of {@link #readHeads}.
   *
   * @param newEpoch the epoch of the log if it begins now
   */
  public record Head(ChannelKeys keys, String newEpoch, Duration retention) {}

  /**
   * Reads where up to {@link #MOST_HEADS} logs of one tenant stand; answers epoch, version and
   * nonce of each.
   */
  public static Command readHeads(List<Head> heads, @Nullable QuotaKeys quotas) {
    List<RedisKey> keys = new ArrayList<>(3 * heads.size() + 2);
    for (Head head : heads) {
      keys.add(head.keys().meta());
      keys.add(head.keys().buffer());
      keys.add(head.keys().index());
    }
    if (quotas != null) {
      keys.add(quotas.limits());
      keys.add(quotas.channels());
    }
    Command call = READ_HEADS.call(keys.toArray(RedisKey[]::new));
    for (Head head : heads) {
      call.arg(head.newEpoch()).arg(head.retention().toMillis());
    }
    return call.repeatable();
  }

  /** Reads where the log stands and its newest frame; answers like {@link #readAll}. */
  public static Command readLatest(
      ChannelKeys keys, @Nullable QuotaKeys quotas, String newEpoch, Duration retention) {
    return read(keys, quotas, newEpoch, retention, "latest", "", 0, 0, 0);
  }

  /**
   * Reads all frames of the log; answers epoch, version, nonce, whether there is more, the server's
   * time in milliseconds, frames.
   */
  public static Command readAll(
      ChannelKeys keys,
      @Nullable QuotaKeys quotas,
      String newEpoch,
      Duration retention,
      int mostFrames,
      int mostBytes) {
    return read(keys, quotas, newEpoch, retention, "all", "", 0, mostFrames, mostBytes);
  }

  /** Like {@link #readAll}, from the frame on that contains this version, if the epoch is this. */
  public static Command readAfter(
      ChannelKeys keys,
      @Nullable QuotaKeys quotas,
      String newEpoch,
      Duration retention,
      String epoch,
      long version,
      int mostFrames,
      int mostBytes) {
    return read(keys, quotas, newEpoch, retention, "after", epoch, version, mostFrames, mostBytes);
  }

  private static Command read(
      ChannelKeys keys,
      @Nullable QuotaKeys quotas,
      String newEpoch,
      Duration retention,
      String what,
      String epoch,
      long version,
      int mostFrames,
      int mostBytes) {
    Command call =
        quotas == null
            ? READ.call(keys.meta(), keys.buffer(), keys.index())
            : READ.call(
                keys.meta(), keys.buffer(), keys.index(), quotas.limits(), quotas.channels());
    return call.arg(newEpoch)
        .arg(retention.toMillis())
        .arg(what)
        .arg(epoch)
        .arg(version)
        .arg(mostFrames)
        .arg(mostBytes)
        .repeatable();
  }
}

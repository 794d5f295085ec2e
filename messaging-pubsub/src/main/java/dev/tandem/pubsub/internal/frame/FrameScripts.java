package dev.tandem.pubsub.internal.frame;

import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Script;
import dev.tandem.tenant.ChannelKeys;
import java.time.Duration;

/** The scripts that append to a channel's log and read it. */
public final class FrameScripts {
  /**
   * The functions {@code read_head} and {@code append_frame}, to be joined in front of a script
   * that calls them.
   */
  public static final Script APPEND_FRAME = Script.resource(FrameScripts.class, "append_frame.lua");

  private static final Script PUBLISH =
      Script.joined(APPEND_FRAME, FrameScripts.class, "publish.lua");
  private static final Script PUBLISH_FLEETING =
      Script.resource(FrameScripts.class, "publish_fleeting.lua");
  private static final Script READ = Script.joined(APPEND_FRAME, FrameScripts.class, "read.lua");

  private FrameScripts() {}

  /**
   * Stores and publishes a frame; answers epoch, first version and receivers.
   *
   * @param newEpoch the epoch of the log if this frame begins one
   */
  public static Command publish(
      ChannelKeys keys, FrameBody body, String newEpoch, Duration retention, int maxMessages) {
    return PUBLISH
        .call(keys.meta(), keys.buffer())
        .arg(keys.channel().bytes())
        .arg(body.nonce())
        .arg(body.count())
        .arg(body.bytes())
        .arg(newEpoch)
        .arg(retention.toMillis())
        .arg(maxMessages);
  }

  /** Publishes a frame without storing it; answers the receivers. */
  public static Command publishFleeting(ChannelKeys keys, FrameBody body) {
    return PUBLISH_FLEETING
        .call(keys.channel())
        .arg(keys.channel().bytes())
        .arg(body.count())
        .arg(body.bytes());
  }

  /** Reads where the log stands; answers epoch, version, nonce, 0. */
  public static Command readHead(ChannelKeys keys, String newEpoch, Duration retention) {
    return read(keys, newEpoch, retention, "head", "", 0, 0, 0);
  }

  /** Reads where the log stands and its newest frame; answers like {@link #readAll}. */
  public static Command readLatest(ChannelKeys keys, String newEpoch, Duration retention) {
    return read(keys, newEpoch, retention, "latest", "", 0, 0, 0);
  }

  /** Reads all frames of the log; answers epoch, version, nonce, whether there is more, frames. */
  public static Command readAll(
      ChannelKeys keys, String newEpoch, Duration retention, int mostFrames, int mostBytes) {
    return read(keys, newEpoch, retention, "all", "", 0, mostFrames, mostBytes);
  }

  /** Like {@link #readAll}, from the frame on that contains this version, if the epoch is this. */
  public static Command readAfter(
      ChannelKeys keys,
      String newEpoch,
      Duration retention,
      String epoch,
      long version,
      int mostFrames,
      int mostBytes) {
    return read(keys, newEpoch, retention, "after", epoch, version, mostFrames, mostBytes);
  }

  private static Command read(
      ChannelKeys keys,
      String newEpoch,
      Duration retention,
      String what,
      String epoch,
      long version,
      int mostFrames,
      int mostBytes) {
    return READ.call(keys.meta(), keys.buffer())
        .arg(newEpoch)
        .arg(retention.toMillis())
        .arg(what)
        .arg(epoch)
        .arg(version)
        .arg(mostFrames)
        .arg(mostBytes)
        .repeatable();
  }
}

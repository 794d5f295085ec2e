package dev.tandem.hybrid.internal.wire;

import dev.tandem.hybrid.internal.wire.Destination.Live;
import dev.tandem.pubsub.internal.frame.FrameScripts;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Script;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The script that does both halves.
 *
 * <p>Thread safety: as the nonces.
 */
public final class HybridScript {
  private static final Script PUBLISH =
      Script.joined(FrameScripts.APPEND_FRAME, HybridScript.class, "publish_hybrid.lua");

  private final KeyLayout keys;
  private final Nonces nonces;

  /**
   * Calls of it.
   *
   * @param nonces makes epochs of new logs
   */
  public HybridScript(KeyLayout keys, Nonces nonces) {
    this.keys = keys;
    this.nonces = nonces;
  }

  /** What is to be sent; {@link CallReply} reads the answer. */
  public Command command(CallTry attempt) {
    PublishCall call = attempt.call();
    Destination destination = call.destination();
    Command command =
        PUBLISH
            .call(keysOf(call))
            .arg(call.number())
            .arg(attempt.after())
            .arg(attempt.behind())
            .arg(attempt.expectsMemory() ? 1 : 0)
            .arg(attempt.life().toMillis())
            .arg(call.count())
            .arg(call.values().width())
            .arg(destination.mostEntries())
            .arg(call.values().labels())
            .arg(call.nonce())
            .arg(nonces.next());
    call.values().data().forEach(command::arg);
    for (int i = 0; i < destination.channels().size(); i++) {
      Live channel = destination.channels().get(i);
      command
          .arg(keys.channel(destination.tenant(), channel.name()).channel().bytes())
          .arg(channel.retentionMillis())
          .arg(channel.maxMessages())
          .arg(call.bodies().get(i));
    }
    return command;
  }

  private RedisKey[] keysOf(PublishCall call) {
    Destination destination = call.destination();
    List<RedisKey> all = new ArrayList<>();
    if (call.isRemembered()) {
      all.add(keys.publisher(destination.tenant(), call.publisher()));
    }
    if (destination.topic() != null) {
      all.add(keys.stream(destination.tenant(), destination.topic()).stream());
    }
    for (Live channel : destination.channels()) {
      ChannelKeys its = keys.channel(destination.tenant(), channel.name());
      if (channel.isRecoverable()) {
        all.add(its.meta());
        all.add(its.buffer());
      } else {
        all.add(its.channel());
      }
    }
    if (destination.channels().stream().anyMatch(Live::isRecoverable)) {
      all.add(keys.channelIndex(destination.tenant()));
    }
    return all.toArray(RedisKey[]::new);
  }
}

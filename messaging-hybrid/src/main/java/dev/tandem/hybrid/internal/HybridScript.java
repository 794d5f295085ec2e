package dev.tandem.hybrid.internal;

import dev.tandem.pubsub.internal.frame.FrameBody;
import dev.tandem.pubsub.internal.frame.FrameScripts;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.entry.EntryFormat;
import java.util.List;

/** The script that does both halves. */
final class HybridScript {
  private static final Script PUBLISH =
      Script.joined(FrameScripts.APPEND_FRAME, HybridScript.class, "publish_hybrid.lua");

  private HybridScript() {}

  /** Publishes a bundle; answers epoch, first version, receivers, and the entry ids. */
  static Command publish(Bundle bundle, FrameBody body, String newEpoch) {
    Outgoing first = bundle.first();
    Command call =
        PUBLISH
            .call(
                first.stream(),
                first.channelKeys().meta(),
                first.channelKeys().buffer(),
                first.channelKeys().index())
            .arg(first.channelKeys().channel().bytes())
            .arg(body.nonce())
            .arg(body.count())
            .arg(body.bytes())
            .arg(newEpoch)
            .arg(first.channel().isRecoverable() ? first.channel().retention().toMillis() : 0)
            .arg(first.channel().maxMessages());
    for (Outgoing message : bundle.messages()) {
      List<byte[]> fields = message.fields();
      for (int value = 1; value < fields.size(); value += 2) {
        call.arg(fields.get(value));
      }
      if (fields.size() <= EntryFormat.DATA_VALUE + 1) {
        call.arg(""); // does not expire
      }
    }
    return call;
  }
}

package dev.tandem.hybrid;

import dev.tandem.api.Gap;
import dev.tandem.api.MessageId;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Notes what a subscriber gets. */
final class Recorder implements LiveListener<String> {
  final List<MessageId> ids = new CopyOnWriteArrayList<>();
  final List<String> payloads = new CopyOnWriteArrayList<>();
  final List<Gap> gaps = new CopyOnWriteArrayList<>();

  @Override
  public void onMessage(LiveMessage<String> message) {
    ids.add(message.id());
    payloads.add(message.payload());
  }

  @Override
  public void onGap(Gap gap) {
    gaps.add(gap);
  }
}

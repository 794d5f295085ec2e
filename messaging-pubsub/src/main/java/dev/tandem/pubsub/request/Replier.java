package dev.tandem.pubsub.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.redis.metrics.Tally;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The answering side of one instance. */
final class Replier<Q, A> implements LiveListener<Q> {
  static final String QUESTION = "question";
  static final String ANSWER = "answer";
  static final String ERROR = "error";
  static final String ID = "question-id";

  /** The longest error that travels, in characters. */
  static final int MAX_ERROR = 500;

  private static final Logger LOG = LoggerFactory.getLogger(Replier.class);

  private final LiveBus bus;
  private final Tenant tenant;
  private final String name;
  private final Channel<byte[]> replies;
  private final Serde<A> serde;
  private final RequestHandler<? super Q, ? extends A> handler;
  private final Executor executor;
  private final Tally handled;
  private final Tally failures;

  /**
   * A replier.
   *
   * @param replies described like the channels of those who ask, which bear their names
   */
  Replier(
      LiveBus bus,
      Tenant tenant,
      String name,
      Channel<byte[]> replies,
      Serde<A> serde,
      RequestHandler<? super Q, ? extends A> handler,
      Executor executor,
      Tally handled,
      Tally failures) {
    this.bus = bus;
    this.tenant = tenant;
    this.name = name;
    this.replies = replies;
    this.serde = serde;
    this.handler = handler;
    this.executor = executor;
    this.handled = handled;
    this.failures = failures;
  }

  @Override
  public void onMessage(LiveMessage<Q> message) {
    String id = message.headers().get(ID).orElse("");
    if (id.isEmpty() || !message.type().equals(QUESTION)) {
      return;
    }
    try {
      executor.execute(() -> reply(id, message));
    } catch (RuntimeException e) {
      fail(id, message, e);
    }
  }

  private void reply(String id, LiveMessage<Q> message) {
    byte[] answer;
    try {
      answer = serialized(message);
    } catch (Throwable e) { // also errors: the asker waits
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      fail(id, message, e);
      return;
    }
    try {
      send(id, message, ANSWER, answer);
      handled.add(1);
    } catch (MessagingException e) {
      fail(id, message, e);
    }
  }

  @SuppressWarnings("unchecked") // a handler of Q's supertypes takes the message as it is
  private byte[] serialized(LiveMessage<Q> message) throws Exception {
    RequestHandler<Q, ? extends A> exact = (RequestHandler<Q, ? extends A>) handler;
    A answer = exact.answer(message.payload(), message);
    if (answer == null) {
      throw new IllegalStateException("the handler gave no answer");
    }
    return serde.serialize(answer, new SerdeContext(tenant.name(), name));
  }

  private void fail(String id, LiveMessage<Q> message, Throwable why) {
    failures.add(1);
    LOG.warn("question {} of {} failed", id, message.instanceId(), why);
    String text = why.getClass().getSimpleName() + ": " + why.getMessage();
    String cut = text.substring(0, Math.min(text.length(), MAX_ERROR));
    try {
      send(id, message, ERROR, cut.getBytes(UTF_8));
    } catch (RuntimeException e) {
      LOG.warn("the failure could not be told", e);
    }
  }

  private void send(String id, LiveMessage<Q> message, String type, byte[] payload) {
    Channel<byte[]> to = replies.named(name + ".replies." + message.instanceId());
    var unused =
        bus.publishAsync(tenant, to, Message.of(type, payload).header(ID, id))
            .whenComplete(
                (receipt, error) -> {
                  if (error != null) {
                    failures.add(1);
                    LOG.debug("a reply was not sent: {}", error.getMessage());
                  }
                });
  }

  @Override
  public void onGap(Gap gap) {}
}

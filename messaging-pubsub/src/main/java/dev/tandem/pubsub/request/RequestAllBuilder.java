package dev.tandem.pubsub.request;

import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.presence.Presence;
import dev.tandem.tenant.Names;
import dev.tandem.tenant.Tenant;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link RequestAll}. Every option has a default; a value out of range is refused
 * at once with its name, value and range.
 *
 * <p>Thread safety: not safe for use by many threads; what it builds is.
 *
 * @param <Q> the question's type
 * @param <A> the answer's type
 */
public final class RequestAllBuilder<Q, A> {
  /** The most answers to one question unless said otherwise: {@value}. */
  public static final int DEFAULT_MAX_ANSWERS = 1_000;

  final LiveBus bus;
  final Tenant tenant;
  final Channel<Q> questions;
  final Channel<byte[]> replies;
  final Serde<A> answerSerde;
  @Nullable RequestHandler<? super Q, ? extends A> handler;
  @Nullable Presence presence;
  Executor executor = Runnable::run;
  int maxAnswers = DEFAULT_MAX_ANSWERS;

  RequestAllBuilder(LiveBus bus, Tenant tenant, String name, Serde<Q> questions, Serde<A> answers) {
    this.bus = Require.notNull("bus", bus);
    this.tenant = Require.notNull("tenant", tenant);
    this.questions =
        Channel.of(
                Names.check("name", name) + ".requests",
                Require.notNull("question serde", questions))
            .fleeting();
    this.replies = Channel.of(name + ".replies." + bus.instanceId(), Serde.bytes()).fleeting();
    this.answerSerde = Require.notNull("answer serde", answers);
  }

  /** Answers for this instance. Default: it only asks. */
  public RequestAllBuilder<Q, A> handler(RequestHandler<? super Q, ? extends A> handler) {
    this.handler = Require.notNull("handler", handler);
    return this;
  }

  /**
   * Knows whom to wait for; stays yours to close. Its members must be built over the buses of those
   * who answer. Default: nobody is known, and each question lasts until its timeout.
   */
  public RequestAllBuilder<Q, A> presence(Presence presence) {
    this.presence = Require.notNull("presence", presence);
    return this;
  }

  /** Runs the handler; never closed by this. Default: the bus's delivery thread does. */
  public RequestAllBuilder<Q, A> executor(Executor executor) {
    this.executor = Require.notNull("executor", executor);
    return this;
  }

  /**
   * The most answers kept for one question, 1 to 100,000; more are dropped and counted as late.
   * Default {@value #DEFAULT_MAX_ANSWERS}.
   */
  public RequestAllBuilder<Q, A> maxAnswers(int answers) {
    this.maxAnswers = Require.inRange("maxAnswers", answers, 1, 100_000);
    return this;
  }

  /**
   * Subscribed, and answering if it has a handler.
   *
   * @throws dev.tandem.api.error.ClosedException if the bus is closed
   */
  public RequestAll<Q, A> build() {
    return new RequestAll<>(this);
  }
}

package dev.tandem.pubsub.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Gap;
import dev.tandem.api.Message;
import dev.tandem.api.error.BufferFullException;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Require;
import dev.tandem.api.serde.Serde;
import dev.tandem.api.serde.SerdeContext;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.LiveBus;
import dev.tandem.pubsub.LiveListener;
import dev.tandem.pubsub.LiveMessage;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.Subscription;
import dev.tandem.pubsub.internal.Ticker;
import dev.tandem.pubsub.presence.Member;
import dev.tandem.pubsub.presence.Presence;
import dev.tandem.pubsub.presence.PresenceListener;
import dev.tandem.redis.metrics.Tally;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Asks all instances a question and collects what they answer.
 *
 * <pre>{@code
 * var sessions = RequestAll.builder(bus, tenant, "sessions", Serde.string(), Serde.json(Count.class))
 *     .presence(presence)
 *     .handler((user, message) -> registry.count(user))
 *     .build();
 * Answers<Count> all = sessions.ask("ann", Duration.ofSeconds(2)).get();
 * }</pre>
 *
 * <p><b>Guarantee.</b> Each instance with a handler is asked at most once, the asking one included,
 * and each answers at most once. A question or an answer that is lost on the way is not repeated:
 * the instance is {@link Answers#silent}. The result comes when all {@link Presence#members()} of
 * the moment of asking have answered, failed or gone, or at the timeout; without a presence at the
 * timeout. Answers of instances that came later are taken until then. What arrives after it is
 * counted as late.
 *
 * <p><b>Bounds.</b> At most {@value #MAX_OUTSTANDING} questions wait at a time, {@link
 * RequestAllBuilder#maxAnswers} for each, of at most 1 MiB each; errors are cut after 500
 * characters.
 *
 * <p>All instances share one channel for questions, and each has one for its replies.
 *
 * <p>Thread safety: safe for use by many threads. Close it before its presence and its bus.
 *
 * @param <Q> the question's type
 * @param <A> the answer's type
 */
public final class RequestAll<Q, A> implements AutoCloseable {
  /** The most questions that wait for answers: {@value}. */
  public static final int MAX_OUTSTANDING = 1_000;

  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  private final LiveBus bus;
  private final Tenant tenant;
  private final Channel<Q> questions;
  private final Serde<A> answerSerde;
  private final SerdeContext context;
  private final @Nullable Presence presence;
  private final PresenceListener departures = new Departures();
  private final int maxAnswers;
  private final String idPrefix = UUID.randomUUID() + "-";
  private final AtomicLong lastId = new AtomicLong();
  private final Semaphore places = new Semaphore(MAX_OUTSTANDING);
  private final ConcurrentHashMap<String, Collecting<A>> outstanding = new ConcurrentHashMap<>();

  /** How to send the outstanding questions that were not sent yet. */
  private final ConcurrentHashMap<String, Runnable> unsent = new ConcurrentHashMap<>();

  private final Tally asked;
  private final Tally answers;
  private final Tally late;
  private final Tally silent;
  private final Tally handled;
  private final Tally failures;
  private final Ticker ticker;
  private final List<Subscription> subscriptions = new ArrayList<>();
  private final CompletableFuture<Void> active;
  private final AtomicBoolean closed = new AtomicBoolean();

  RequestAll(RequestAllBuilder<Q, A> chosen) {
    bus = chosen.bus;
    tenant = chosen.tenant;
    questions = chosen.questions;
    answerSerde = chosen.answerSerde;
    presence = chosen.presence;
    maxAnswers = chosen.maxAnswers;
    String name = questions.name().substring(0, questions.name().lastIndexOf('.'));
    context = new SerdeContext(tenant.name(), name);
    asked = tally("asked");
    answers = tally("answers");
    late = tally("late");
    silent = tally("silent");
    handled = tally("handled");
    failures = tally("failures");
    ticker = new Ticker("tandem-request-" + name);
    try {
      subscribe(chosen);
    } catch (RuntimeException e) {
      subscriptions.forEach(Subscription::close);
      throw e;
    }
    active =
        CompletableFuture.allOf(
            subscriptions.stream().map(Subscription::active).toArray(CompletableFuture[]::new));
    var unused = active.whenComplete((ready, error) -> sendAllUnsent());
    if (presence != null) {
      presence.addListener(departures);
    }
  }

  private void subscribe(RequestAllBuilder<Q, A> chosen) {
    subscriptions.add(
        bus.subscribe(tenant, chosen.replies, SubscribeOptions.fromNow(), new Collector()));
    RequestHandler<? super Q, ? extends A> handler = chosen.handler;
    if (handler != null) {
      Replier<Q, A> replier =
          new Replier<>(
              bus,
              tenant,
              context.destination(),
              chosen.replies,
              answerSerde,
              handler,
              chosen.executor,
              handled,
              failures);
      subscriptions.add(bus.subscribe(tenant, questions, SubscribeOptions.fromNow(), replier));
    }
  }

  private Tally tally(String name) {
    return new Tally(bus.metrics().counter("tandem.pubsub.request." + name));
  }

  /**
   * The options.
   *
   * @param name what all who ask and answer share; together with {@code .replies.} and an instance
   *     id it must be a channel's name
   * @throws dev.tandem.api.error.InvalidValueException if the name breaks the rule of {@link
   *     dev.tandem.tenant.Names}
   */
  public static <Q, A> RequestAllBuilder<Q, A> builder(
      LiveBus bus, Tenant tenant, String name, Serde<Q> questions, Serde<A> answers) {
    return new RequestAllBuilder<>(bus, tenant, name, questions, answers);
  }

  /**
   * Completes when this instance answers and can be answered; fails if it is closed before, or as
   * {@link Subscription#active()} does when the user may not read one of its channels.
   */
  public CompletableFuture<Void> active() {
    return active.copy();
  }

  /**
   * Asks. The future completes on a delivery thread of the bus or on the thread of timeouts: do not
   * block in its stages. It fails only if the question was not sent, or this is closed; a question
   * whose sending was not confirmed waits for answers as usual.
   *
   * @param timeout 1 ms to 1 hour
   * @throws BufferFullException if too many questions wait
   * @throws dev.tandem.api.error.InvalidValueException if the question is too large, or the timeout
   *     out of range
   * @throws ClosedException if this is closed
   */
  public CompletableFuture<Answers<A>> ask(Q question, Duration timeout) {
    Message<Q> message = Message.of(Replier.QUESTION, question);
    Require.inRange("timeout", timeout, SHORTEST, LONGEST);
    if (closed.get()) {
      throw closedNow();
    }
    if (!places.tryAcquire()) {
      throw new BufferFullException(
          MAX_OUTSTANDING + " questions wait for their answers", tenant.name(), questions.name());
    }
    String id = idPrefix + lastId.incrementAndGet();
    Set<String> members = members();
    Collecting<A> collecting = new Collecting<>(members, maxAnswers);
    outstanding.put(id, collecting);
    unsent.put(id, () -> send(message.header(Replier.ID, id), collecting));
    asked.add(1);
    Runnable forgetTimeout = ticker.later(timeout, collecting::timeUp);
    CompletableFuture<Answers<A>> result =
        collecting
            .result()
            .whenComplete(
                (all, error) -> {
                  outstanding.remove(id);
                  places.release();
                  unsent.remove(id);
                  forgetTimeout.run();
                  silent.add(all == null ? 0 : all.silent().size());
                });
    if (closed.get()) {
      collecting.result().completeExceptionally(closedNow());
    }
    Set<String> stillThere = members();
    if (members != null && stillThere != null) {
      // Who has gone since they were counted was not told to this question.
      members.stream().filter(each -> !stillThere.contains(each)).forEach(collecting::gone);
    }
    if (active.isDone()) {
      sendUnsent(id);
    }
    return result;
  }

  /** Also if it may not hear the answers: then it hardly may ask, and who asked is told. */
  private void sendAllUnsent() {
    if (closed.get()) {
      return;
    }
    unsent.keySet().forEach(id -> ticker.later(Duration.ZERO, () -> sendUnsent(id)));
  }

  private void sendUnsent(String id) {
    Runnable sending = unsent.remove(id);
    if (sending != null) {
      sending.run();
    }
  }

  private @Nullable Set<String> members() {
    if (presence == null) {
      return null;
    }
    Set<String> ids = new LinkedHashSet<>();
    presence.members().forEach(member -> ids.add(member.instanceId()));
    return ids;
  }

  private void send(Message<Q> message, Collecting<A> collecting) {
    if (collecting.result().isDone()) {
      return;
    }
    try {
      var unused =
          bus.publishAsync(tenant, questions, message)
              .whenComplete(
                  (receipt, error) -> {
                    if (error != null && !mayHaveArrived(error)) {
                      collecting.result().completeExceptionally(error);
                    }
                  });
    } catch (RuntimeException e) {
      collecting.result().completeExceptionally(e);
      throw e;
    }
  }

  private static boolean mayHaveArrived(Throwable error) {
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    return cause instanceof MessagingException known && known.code() == ErrorCode.OUTCOME_UNKNOWN;
  }

  private ClosedException closedNow() {
    return new ClosedException("request to all is closed", tenant.name(), questions.name());
  }

  /** What it has done so far. */
  public RequestStats stats() {
    return new RequestStats(
        asked.sum(),
        answers.sum(),
        late.sum(),
        silent.sum(),
        handled.sum(),
        failures.sum(),
        outstanding.size());
  }

  /** Answers no more; questions that wait fail with {@link ClosedException}. Repeatable. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    if (presence != null) {
      presence.removeListener(departures);
    }
    subscriptions.forEach(Subscription::close);
    ticker.close();
    outstanding.values().forEach(each -> each.result().completeExceptionally(closedNow()));
  }

  @Override
  public String toString() {
    return "RequestAll[" + context.destination() + "]";
  }

  /** Takes replies to their questions. */
  private final class Collector implements LiveListener<byte[]> {
    @Override
    public void onMessage(LiveMessage<byte[]> message) {
      String id = message.headers().get(Replier.ID).orElse("");
      Collecting<A> collecting = outstanding.get(id);
      if (collecting != null && take(collecting, message)) {
        answers.add(1);
      } else if (id.startsWith(idPrefix)) {
        late.add(1);
      }
    }

    private boolean take(Collecting<A> collecting, LiveMessage<byte[]> message) {
      byte[] payload = message.payload();
      if (!message.type().equals(Replier.ANSWER)) {
        String error = new String(payload, UTF_8);
        String cut = error.substring(0, Math.min(error.length(), Replier.MAX_ERROR));
        return collecting.take(message.instanceId(), null, cut);
      }
      A answer;
      try {
        answer = answerSerde.deserialize(payload.clone(), context);
      } catch (RuntimeException e) {
        return collecting.take(message.instanceId(), null, "unreadable answer: " + e.getMessage());
      }
      return collecting.take(message.instanceId(), answer, null);
    }

    @Override
    public void onGap(Gap gap) {}
  }

  /** Nobody waits for those who are gone. */
  private final class Departures implements PresenceListener {
    @Override
    public void onLeft(Member member) {
      gone(member);
    }

    @Override
    public void onLost(Member member) {
      gone(member);
    }

    private void gone(Member member) {
      outstanding.values().forEach(each -> each.gone(member.instanceId()));
    }
  }
}

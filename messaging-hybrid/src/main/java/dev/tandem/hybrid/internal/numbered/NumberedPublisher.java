package dev.tandem.hybrid.internal.numbered;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.StreamFullException;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.hybrid.HybridReceipt;
import dev.tandem.hybrid.internal.send.CallMaker;
import dev.tandem.hybrid.internal.send.Outgoing;
import dev.tandem.hybrid.internal.send.OutgoingFactory;
import dev.tandem.hybrid.internal.wire.CallReply;
import dev.tandem.hybrid.internal.wire.CallTry;
import dev.tandem.hybrid.internal.wire.Destination;
import dev.tandem.hybrid.internal.wire.EntryValues;
import dev.tandem.hybrid.internal.wire.HybridScript;
import dev.tandem.hybrid.internal.wire.PublishCall;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends numbered calls. The calls of one publisher for one tenant form a line of rising numbers, of
 * which at most {@link #MOST_OPEN} may be without a known outcome; so the server still remembers
 * each of these that it has executed, whoever sends it again, and however late. Who sends the first
 * of several must know the outcomes of all before it.
 *
 * <p>A line can be {@linkplain #cut cut}: what was not executed by then never will be. Its messages
 * may then go out under higher numbers.
 *
 * <p>Thread safety: safe for use by many threads, as far as the random source is.
 */
public final class NumberedPublisher {
  /** The most calls of a line without a known outcome: {@value}. */
  public static final int MOST_OPEN = 8;

  private final RedisConnection redis;
  private final HybridScript script;
  private final CallMaker maker;
  private final Duration life;
  private final @Nullable AuditTrail audit;

  /**
   * A publisher over this connection.
   *
   * @param instanceId what live messages say they come from; random if it is null
   * @param random where nonces come from
   * @param life how long the server remembers a line after its last call
   */
  public NumberedPublisher(
      RedisConnection redis, @Nullable String instanceId, RandomGenerator random, Duration life) {
    Nonces nonces = new Nonces(random);
    this.redis = redis;
    this.script = new HybridScript(KeyLayout.of(redis), nonces);
    this.maker = new CallMaker(instanceId == null ? nonces.nextShort() : instanceId, nonces);
    this.life = life;
    this.audit = redis.audit();
  }

  /** A word that nobody else has: for a publisher, or who it is made by. */
  public static String newName(RandomGenerator random) {
    Nonces nonces = new Nonces(random);
    return nonces.next() + nonces.next();
  }

  /**
   * A message as it goes to the server.
   *
   * @param id the message's if its route has no stream
   * @throws MessagingException if topic or channels do not allow it
   */
  public <T> EncodedMessage encode(
      Tenant tenant, Message<T> message, FixedRoute<T> route, MessageId id) {
    return new EncodedMessage(OutgoingFactory.of(tenant, message, route, () -> id));
  }

  /** Groups messages of one tenant so that each group can be a call; keeps their order. */
  public static <T> List<Map<EncodedMessage, T>> bundles(Map<EncodedMessage, T> messages) {
    IdentityHashMap<Outgoing, EncodedMessage> known = new IdentityHashMap<>();
    messages.keySet().forEach(message -> known.put(message.outgoing(), message));
    List<Outgoing> all = messages.keySet().stream().map(EncodedMessage::outgoing).toList();
    List<Map<EncodedMessage, T>> bundles = new ArrayList<>();
    for (List<Outgoing> bundle : CallMaker.bundles(all)) {
      Map<EncodedMessage, T> its = new LinkedHashMap<>();
      for (Outgoing one : bundle) {
        EncodedMessage message = Objects.requireNonNull(known.get(one));
        its.put(message, Objects.requireNonNull(messages.get(message)));
      }
      bundles.add(its);
    }
    return bundles;
  }

  /** The call of this number. */
  public NumberedCall call(String publisher, long number, List<EncodedMessage> messages) {
    return new NumberedCall(
        maker.call(publisher, number, messages.stream().map(EncodedMessage::outgoing).toList()),
        messages);
  }

  /**
   * The end of a line: goes in place of the call of this number, the highest that was given. If it
   * is answered with {@link Verdict.Outcome#CUT_OFF}, every call of the line that was not executed
   * is cut off.
   */
  public NumberedCall cut(Tenant tenant, String publisher, long number) {
    return new NumberedCall(
        new PublishCall(
            publisher,
            number,
            new Destination(tenant, null, 0, List.of()),
            0,
            List.of(),
            EntryValues.NONE,
            "",
            List.of()),
        List.of());
  }

  /**
   * Sends calls of several lines, those of each in order. The connection's audit hook is told of
   * messages that are found to be published, each time.
   *
   * @return what is known of them, in the same places
   */
  public List<List<Verdict>> send(List<List<NumberedCall>> lines) {
    List<Command> commands = new ArrayList<>();
    for (List<NumberedCall> line : lines) {
      long before = 0;
      for (NumberedCall one : line) {
        commands.add(script.command(new CallTry(one.call(), before, MOST_OPEN - 1, false, life)));
        before = one.number();
      }
    }
    List<@Nullable Object> replies;
    try {
      replies = redis.commands().executeAll(commands);
    } catch (MessagingException nothingSent) { // whatever the server said: not of these calls
      Verdict verdict = Verdict.notSent(nothingSent);
      return lines.stream().map(line -> Collections.nCopies(line.size(), verdict)).toList();
    }
    List<List<Verdict>> verdicts = new ArrayList<>(lines.size());
    int at = 0;
    for (List<NumberedCall> line : lines) {
      List<Verdict> its = new ArrayList<>(line.size());
      for (NumberedCall one : line) {
        Verdict verdict = verdict(one.call(), replies.get(at));
        if (verdict.outcome() == Verdict.Outcome.PUBLISHED) {
          tell(one, replies.get(at));
        }
        its.add(verdict);
        at++;
      }
      verdicts.add(its);
    }
    return verdicts;
  }

  private void tell(NumberedCall one, @Nullable Object reply) {
    if (audit == null || one.messages().isEmpty()) {
      return;
    }
    List<HybridReceipt> receipts = CallReply.of(one.call(), reply).receipts();
    for (int i = 0; i < receipts.size(); i++) {
      one.messages().get(i).outgoing().tell(audit, receipts.get(i), null);
    }
  }

  private static Verdict verdict(PublishCall call, @Nullable Object reply) {
    try {
      return switch (CallReply.outcome(reply)) {
        case DONE -> isCut(reply) ? Verdict.CUT_OFF : Verdict.PUBLISHED;
        // It would be remembered if it had been executed: no more than are remembered are open.
        case OVERTAKEN -> Verdict.CUT_OFF;
        case OUT_OF_ORDER, FORGOTTEN -> Verdict.NOT_YET;
        case FULL -> Verdict.failed(full(call, CallReply.of(call, reply).room()));
      };
    } catch (MessagingException e) {
      return Verdict.failed(e);
    }
  }

  /** Whether the number was taken by a cut: messages always leave a receipt. */
  private static boolean isCut(@Nullable Object reply) {
    return Replies.text(Replies.list(reply).get(1)).isEmpty();
  }

  private static StreamFullException full(PublishCall call, int room) {
    Destination destination = call.destination();
    long most = destination.mostEntries();
    return new StreamFullException(
        destination.tenant().name(), String.valueOf(destination.topic()), most - room, most);
  }
}

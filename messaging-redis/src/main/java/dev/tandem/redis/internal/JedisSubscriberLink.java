package dev.tandem.redis.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.api.error.UnavailableException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.SubscriberEvents;
import dev.tandem.redis.command.SubscriberLink;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A connection in subscriber mode. One thread reads at a time; writes from several threads are put
 * one after the other, and nothing is written before the server has confirmed the first channel or
 * after the connection was cut. Jedis' own loop does neither, and would reconnect with no channel
 * subscribed.
 */
final class JedisSubscriberLink implements SubscriberLink {
  private static final Logger LOG = LoggerFactory.getLogger(JedisSubscriberLink.class);

  private final Connection connection;
  private final String endpoint;
  private final ReentrantLock writing = new ReentrantLock();
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean cut;

  /** The turn of the thread that reads, or that turn's aside while its thread is. */
  private final AtomicReference<@Nullable Object> reading = new AtomicReference<>();

  /** What was asked for and is not answered yet, in this order. */
  private final Queue<Sent> unanswered = new ConcurrentLinkedQueue<>();

  /** Whether the server has confirmed the first channel and the connection is still read. */
  private volatile boolean running;

  /** Whether the last channel was given up, as asked. */
  private volatile boolean finished;

  /** One command: the server answers each of its names, or refuses it as a whole. */
  private static final class Sent {
    private final List<RedisKey> names;
    private int left;

    Sent(Collection<RedisKey> names) {
      this.names = List.copyOf(names);
      this.left = names.size();
    }
  }

  /** A thread's turn at reading. */
  private static final class Turn {
    private final Object aside = new Object();
  }

  private JedisSubscriberLink(Connection connection, String endpoint) {
    this.connection = connection;
    this.endpoint = endpoint;
  }

  static JedisSubscriberLink open(ConnectionSource source) {
    try {
      return new JedisSubscriberLink(source.open(null), source.endpoint());
    } catch (RuntimeException e) {
      throw ErrorTranslation.notSent(source.endpoint(), e);
    }
  }

  @Override
  public boolean run(SubscriberEvents events, Collection<RedisKey> first) {
    if (first.isEmpty()) {
      throw new InvalidValueException("first channels", "none", "at least one must be given");
    }
    if (!started.compareAndSet(false, true)) {
      throw notRunning();
    }
    Turn turn = new Turn();
    reading.set(turn);
    return read(turn, events, () -> begin(first));
  }

  @Override
  public boolean takeOver(SubscriberEvents events) {
    Object now = reading.get();
    Turn turn = new Turn();
    if (now == null || now instanceof Turn || !reading.compareAndSet(now, turn)) {
      return false;
    }
    return read(turn, events, () -> {});
  }

  @Override
  public boolean aside(Runnable work) {
    if (!(reading.get() instanceof Turn turn)) {
      throw new IllegalStateException("only the thread that reads may step aside, and once");
    }
    reading.set(turn.aside);
    boolean stillReads;
    try {
      work.run();
    } finally {
      stillReads = reading.compareAndSet(turn.aside, turn);
    }
    return stillReads;
  }

  /** Reads as long as it is this turn; true if the connection has ended. */
  private boolean read(Turn turn, SubscriberEvents events, Runnable before) {
    try {
      before.run();
      boolean more = true;
      while (more && reading.get() == turn) {
        List<@Nullable Object> reply = next(events);
        more = reply == null || handle(reply, events);
      }
      return reading.get() == turn;
    } finally {
      if (reading.get() == turn) {
        running = false;
        interrupt();
      }
    }
  }

  private void begin(Collection<RedisKey> first) {
    writing.lock();
    try {
      // Silence is no error here: a quiet channel says nothing for as long as it likes.
      connection.setSoTimeout(0);
      send("SUBSCRIBE", first);
    } catch (JedisConnectionException e) {
      throw ended(e);
    } finally {
      writing.unlock();
    }
  }

  /** The next reply, or null if it was a refusal that the events took. */
  private @Nullable List<@Nullable Object> next(SubscriberEvents events) {
    MessagingException refusal;
    try {
      return Replies.list(connection.getUnflushedObject());
    } catch (JedisDataException e) {
      refusal = ErrorTranslation.refused(e);
    } catch (MessagingException e) {
      throw e;
    } catch (RuntimeException e) { // Jedis throws others too on a reply it cannot read
      throw ended(e);
    }
    Sent sent = unanswered.poll();
    if (sent == null
        || refusal.code() != ErrorCode.ACCESS_DENIED
        || !(refusal instanceof ServerErrorException error)) {
      throw refusal;
    }
    events.onRefused(sent.names, error);
    return null;
  }

  private void answered() {
    Sent sent = unanswered.peek();
    if (sent != null && --sent.left == 0) {
      unanswered.remove();
    }
  }

  private UnavailableException ended(RuntimeException error) {
    return new UnavailableException(
        "subscription to Redis at "
            + endpoint
            + " ended: "
            + (cut ? "it was cut" : error.getMessage()),
        error);
  }

  /** Hands a reply over; false when no channel is subscribed any more. */
  private boolean handle(List<@Nullable Object> reply, SubscriberEvents events) {
    if (reply.size() < 3 || !(reply.get(0) instanceof byte[] kind)) {
      return true;
    }
    switch (new String(kind, US_ASCII)) {
      case "message" -> events.onMessage(bytes(reply, 1), bytes(reply, 2));
      case "pmessage" -> events.onPatternMessage(bytes(reply, 1), bytes(reply, 2), bytes(reply, 3));
      case "subscribe", "psubscribe" -> {
        answered();
        running = true;
        events.onSubscribed(bytes(reply, 1));
      }
      case "unsubscribe", "punsubscribe" -> {
        answered();
        boolean last = Replies.number(reply.get(2)) == 0;
        if (last) {
          running = false;
          finished = true;
        }
        events.onUnsubscribed(bytes(reply, 1));
        return !last;
      }
      default -> {
        // Other pushes of RESP3 are not ours.
      }
    }
    return true;
  }

  private static byte[] bytes(List<@Nullable Object> reply, int index) {
    return Replies.bytes(reply.get(index));
  }

  @Override
  public void subscribe(Collection<RedisKey> channels) {
    write("SUBSCRIBE", channels);
  }

  @Override
  public void unsubscribe(Collection<RedisKey> channels) {
    write("UNSUBSCRIBE", channels);
  }

  @Override
  public void subscribePatterns(Collection<RedisKey> patterns) {
    write("PSUBSCRIBE", patterns);
  }

  @Override
  public void unsubscribePatterns(Collection<RedisKey> patterns) {
    write("PUNSUBSCRIBE", patterns);
  }

  private void write(String command, Collection<RedisKey> names) {
    if (names.isEmpty()) {
      return;
    }
    writing.lock();
    try {
      if (!running) {
        throw notRunning();
      }
      send(command, names);
    } catch (JedisConnectionException e) {
      throw new UnavailableException(
          "subscriber connection to Redis at " + endpoint + " failed: " + e.getMessage(), e);
    } finally {
      writing.unlock();
    }
  }

  private UnavailableException notRunning() {
    return new UnavailableException(
        "this subscriber connection to Redis at " + endpoint + " is not running", null);
  }

  private void send(String name, Collection<RedisKey> names) {
    if (cut) {
      throw new JedisConnectionException("the connection was cut");
    }
    Command command = Command.of(name);
    names.forEach(command::key);
    unanswered.add(new Sent(names));
    connection.sendCommand(new Wire().carrying(command.arguments()));
    connection.getMany(0); // flushes
    if (cut && !finished) {
      throw new JedisConnectionException("the connection was cut");
    }
  }

  @Override
  public void interrupt() {
    cut = true;
    try {
      connection.forceDisconnect();
    } catch (IOException e) {
      connection.setBroken();
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    interrupt(); // ends a write that is stuck
    writing.lock();
    try {
      // A connection that has been in subscriber mode does not go back into a pool.
      connection.setBroken();
      connection.close();
    } catch (RuntimeException e) {
      LOG.debug("giving up a connection to Redis at {} failed", endpoint, e);
    } finally {
      writing.unlock();
    }
  }
}

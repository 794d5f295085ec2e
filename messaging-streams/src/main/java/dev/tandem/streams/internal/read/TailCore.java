package dev.tandem.streams.internal.read;

import dev.tandem.api.MessageId;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import dev.tandem.streams.StreamGap;
import dev.tandem.streams.StreamTopic;
import dev.tandem.streams.TailEvent;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.streams.internal.group.Backoff;
import dev.tandem.tenant.StreamKeys;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Follows streams. Looks at all of them at one moment each, and waits for more only if there is
 * nothing; what ends the wait is not used, but looked up.
 *
 * @param <T> the payloads' type
 */
public final class TailCore<T> implements AutoCloseable {
  /** One stream that is followed. */
  private static final class Followed<T> {
    final StreamTopic<? extends T> topic;
    final StreamKeys keys;
    final TailCursor cursor;

    Followed(StreamTopic<? extends T> topic, StreamKeys keys, @Nullable EntryId from) {
      this.topic = topic;
      this.keys = keys;
      this.cursor = new TailCursor(from);
    }
  }

  private final Tenant tenant;
  private final Decoder decoder;
  private final List<Followed<T>> streams = new ArrayList<>();
  private final TailLink link;
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * Follows these streams, each with its topic and the id that it begins after; null for the end.
   */
  public TailCore(RedisConnection redis, Tenant tenant, Decoder decoder, List<Start<T>> starts) {
    this.tenant = tenant;
    this.decoder = decoder;
    starts.forEach(s -> streams.add(new Followed<>(s.topic(), s.keys(), s.after())));
    this.link = new TailLink(redis, streams.get(0).keys.stream());
  }

  /**
   * Where to begin.
   *
   * @param topic the topic
   * @param keys its keys
   * @param after the id before, or null for the end
   * @param <T> the payload's type
   */
  public record Start<T>(
      StreamTopic<? extends T> topic, StreamKeys keys, @Nullable EntryId after) {}

  /** The next events, in order for each topic; none if there were none for so long. */
  public List<TailEvent<T>> poll(Duration wait, int most) {
    long until = System.nanoTime() + wait.toNanos();
    lock.lock();
    try {
      Backoff backoff = new Backoff(ThreadLocalRandom.current());
      while (true) {
        try {
          List<TailEvent<T>> events = look(most);
          long left = until - System.nanoTime();
          if (!events.isEmpty() || left <= 0) {
            return events;
          }
          awaitMore(left);
          backoff.reset();
        } catch (MessagingException e) {
          long pause = backoff.next().toNanos();
          if (!isPassing(e) || System.nanoTime() + pause > until) {
            throw link.explained(e);
          }
          link.pause(pause);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    } finally {
      lock.unlock();
    }
  }

  /** Every command here only reads: what became of the last attempt does not matter. */
  private static boolean isPassing(MessagingException error) {
    return error.retryable()
        || error.code() == ErrorCode.OUTCOME_UNKNOWN
        || error.code() == ErrorCode.REDIRECTED;
  }

  private List<TailEvent<T>> look(int most) {
    int page = Math.max(1, most / streams.size());
    List<Command> commands = new ArrayList<>();
    for (Followed<T> stream : streams) {
      commands.add(Glimpse.ask(stream.keys, stream.cursor.position(), page));
    }
    List<@Nullable Object> replies = link.executeAll(commands);
    List<Glimpse> glimpses = new ArrayList<>();
    List<List<TailEvent<T>>> messages = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      Glimpse glimpse = Glimpse.read(Replies.orThrow(replies.get(i)));
      glimpses.add(glimpse);
      messages.add(decode(streams.get(i), glimpse));
    }
    // Only now that nothing can fail any more.
    List<TailEvent<T>> events = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      Followed<T> stream = streams.get(i);
      StreamGap<T> gap = stream.cursor.advance(stream.topic.name(), glimpses.get(i));
      if (gap != null) {
        events.add(gap);
      }
      events.addAll(messages.get(i));
    }
    return events;
  }

  private List<TailEvent<T>> decode(Followed<T> stream, Glimpse glimpse) {
    List<TailEvent<T>> messages = new ArrayList<>();
    for (RawEntry entry : glimpse.entries()) {
      messages.add(decoder.<T>decode(tenant, stream.topic, entry));
    }
    return messages;
  }

  private void awaitMore(long nanos) {
    long millis =
        Math.max(
            1, Math.min(TailLink.LONGEST_BLOCK.toMillis(), TimeUnit.NANOSECONDS.toMillis(nanos)));
    Command command = Command.of("XREAD").arg("COUNT").arg(1).arg("BLOCK").arg(millis);
    command.arg("STREAMS");
    streams.forEach(stream -> command.key(stream.keys.stream()));
    streams.forEach(
        stream -> {
          EntryId position = stream.cursor.position();
          command.arg(position == null ? "$" : position.toString());
        });
    link.execute(command.repeatable());
  }

  /** The last id given of each topic that was looked at. */
  public Map<String, MessageId> positions() {
    lock.lock();
    try {
      Map<String, MessageId> positions = new LinkedHashMap<>();
      for (Followed<T> stream : streams) {
        EntryId position = stream.cursor.position();
        if (position != null) {
          positions.put(stream.topic.name(), MessageId.of(position.toString()));
        }
      }
      return positions;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    link.close();
  }
}

package dev.tandem.pubsub.internal.subscribe;

import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.error.ClosedException;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.pubsub.ChannelPattern;
import dev.tandem.pubsub.MultiSubscription;
import dev.tandem.pubsub.SubscribeOptions;
import dev.tandem.pubsub.SubscriptionStats;
import dev.tandem.pubsub.internal.index.ChannelIndex;
import dev.tandem.pubsub.internal.index.Found;
import dev.tandem.pubsub.internal.index.Question;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.tenant.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows all recoverable channels of a tenant that match a pattern: has an ordinary subscription
 * to each of them that something is stored of, all of which fill one queue.
 *
 * <p><b>Where a channel begins.</b> Those that are found by the first look begin as the options
 * say. One that is found later was not published to before: it is followed from where its log
 * began, or woke from rest, so that nothing falls between its first message and our hearing of it.
 * If looks were broken off for longer, it may have woken more than once; then it is followed from
 * its very beginning, and reading tells what is missing.
 *
 * <p><b>Rest.</b> A channel that nothing is stored of any more is let go, and comes back by way of
 * the index. Where we left it is remembered for the {@value #MOST_REMEMBERED} that were let go
 * last.
 *
 * <p>Looks come one at a time. The lock is taken last, and nothing is called while it is held.
 */
final class PatternSubscriber<T> implements MultiSubscription {
  private static final Logger LOG = LoggerFactory.getLogger(PatternSubscriber.class);

  /** The most resting channels whose positions are remembered: {@value}. */
  static final int MOST_REMEMBERED = 4_096;

  private final Tenant tenant;
  private final ChannelPattern<T> pattern;
  private final SubscribeOptions options;
  private final @Nullable Positions positions;
  private final DeliveryQueue<T> queue;
  private final Patterns patterns;
  private final CompletableFuture<Void> active = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, FollowedChannel<T>> followed = new LinkedHashMap<>();
  private final Map<String, Position> resting =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Position> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };
  private boolean begun;
  private boolean ended;

  PatternSubscriber(
      Tenant tenant,
      ChannelPattern<T> pattern,
      SubscribeOptions options,
      DeliveryQueue<T> queue,
      Patterns patterns) {
    this.tenant = tenant;
    this.pattern = pattern;
    this.options = options;
    this.positions = options.startPositions();
    this.queue = queue;
    this.patterns = patterns;
  }

  /** Begins to follow. */
  PatternSubscriber<T> begin() {
    if (!patterns.add(tenant, this, pattern.pattern())) {
      queue.close();
      throw new ClosedException("live bus is closed", tenant.name(), pattern.pattern().text());
    }
    return this;
  }

  /**
   * These names are in the index.
   *
   * @param all whether they are all that there are, rather than those registered lately
   * @param unbroken whether nothing can have been registered twice since the look before
   */
  void look(ChannelIndex index, Set<String> names, boolean all, boolean unbroken) {
    boolean first = !begun;
    if (ended() || (first && !all)) {
      return;
    }
    List<Question> questions = first ? firstQuestions(names) : questions(names);
    for (int from = 0; from < questions.size(); from += ChannelIndex.MOST_A_PIPELINE) {
      int to = Math.min(questions.size(), from + ChannelIndex.MOST_A_PIPELINE);
      take(index, questions.subList(from, to), first, unbroken);
    }
    if (first && !ended()) {
      begun = true;
      activate();
    }
    rest(index);
  }

  private List<Question> firstQuestions(Set<String> names) {
    Set<String> all = new LinkedHashSet<>(names);
    if (positions != null) {
      all.addAll(positions.byChannel().keySet());
    }
    List<Question> questions = new ArrayList<>();
    for (String name : all) {
      if (pattern.matches(name) && !isFollowed(name)) {
        Position start = positions == null ? null : positions.of(name);
        boolean leftOut = positions != null && start == null;
        questions.add(new Question(name, !leftOut, start));
      }
    }
    return questions;
  }

  private List<Question> questions(Set<String> names) {
    List<Question> questions = new ArrayList<>();
    for (String name : names) {
      if (pattern.matches(name) && !isFollowed(name)) {
        Position left = left(name);
        questions.add(left == null ? Question.look(name) : Question.restAt(name, left));
      }
    }
    return questions;
  }

  private void take(ChannelIndex index, List<Question> questions, boolean first, boolean unbroken) {
    Map<String, Found> found = new LinkedHashMap<>();
    index.ask(questions).forEach(one -> found.put(one.name(), one));
    for (Question question : questions) {
      Found one = found.get(question.name());
      if (one != null && one.rests()) {
        rests(one.name(), one.head());
      } else if (question.at() != null && (one != null || first)) {
        follow(question.name(), options.startingAfter(question.at()));
      } else if (one != null && question.mayRest()) {
        follow(one.name(), options);
      } else if (one != null) {
        Position start = unbroken && !first ? one.since() : one.origin();
        follow(one.name(), options.startingAfter(start));
      }
    }
  }

  private void follow(String name, SubscribeOptions from) {
    if (ended()) {
      return;
    }
    if (followed().size() >= ChannelPattern.MOST_CHANNELS) {
      fail(
          new InvalidValueException(
              "channel pattern",
              pattern.pattern(),
              "must match at most " + ChannelPattern.MOST_CHANNELS + " channels with messages"));
      return;
    }
    RecoverableSubscriber<T> subscriber;
    try {
      subscriber =
          patterns.follow(tenant, pattern.channel(name), from, queue, this::closeIfDisconnected);
    } catch (MessagingException e) {
      fail(e);
      return;
    }
    lock.lock();
    try {
      if (!ended) {
        resting.remove(name);
        followed.put(name, new FollowedChannel<>(name, subscriber));
        return;
      }
    } finally {
      lock.unlock();
    }
    subscriber.close();
  }

  /** Lets go what has been quiet for so long that nothing can be stored of it. */
  private void rest(ChannelIndex index) {
    List<Question> quiet = new ArrayList<>();
    for (FollowedChannel<T> one : followed()) {
      Position at = one.quietAt(patterns.nanoTime(), pattern.like().retention());
      if (at != null && quiet.size() < ChannelIndex.MOST_A_PIPELINE) {
        quiet.add(Question.restAt(one.name(), at));
      }
    }
    if (quiet.isEmpty()) {
      return;
    }
    for (Found found : index.ask(quiet)) {
      FollowedChannel<T> one = found.rests() ? forget(found.name()) : null;
      Position left = one == null ? null : one.subscriber().leaveAt();
      rests(found.name(), left == null ? found.head() : left);
    }
  }

  private void rests(String name, Position left) {
    lock.lock();
    try {
      if (!followed.containsKey(name)) {
        resting.remove(name); // so that it is the youngest
        resting.put(name, left);
      }
    } finally {
      lock.unlock();
    }
  }

  private void activate() {
    CompletableFuture<?>[] all =
        followed().stream().map(one -> one.subscriber().active()).toArray(CompletableFuture[]::new);
    var unused =
        CompletableFuture.allOf(all)
            .whenCompleteAsync(
                (done, error) -> {
                  if (error == null) {
                    active.complete(null);
                  } else {
                    active.completeExceptionally(error);
                  }
                },
                patterns::deliver);
  }

  /** Redis refuses to announce new channels. */
  void deny(RedisKey index, ServerErrorException error) {
    ServerErrorException why = Denial.of(error, index, tenant, pattern.pattern().text());
    patterns.deliver(() -> active.completeExceptionally(why));
  }

  /** It cannot go on without leaving something out: ends, and says so to the listener. */
  private void fail(MessagingException e) {
    if (end()) {
      LOG.error("{} ends: {}", this, e.getMessage());
      active.completeExceptionally(e);
      queue.disconnect();
    }
  }

  private void closeIfDisconnected() {
    if (queue.isClosed()) {
      close();
    }
  }

  private boolean end() {
    lock.lock();
    try {
      if (ended) {
        return false;
      }
      ended = true;
    } finally {
      lock.unlock();
    }
    patterns.remove(tenant, this);
    return true;
  }

  @Override
  public void close() {
    if (end()) {
      active.completeExceptionally(new ClosedException("the subscription is closed"));
      queue.close();
      followed().forEach(one -> one.subscriber().close());
    }
  }

  @Override
  public CompletableFuture<Void> active() {
    return active.copy();
  }

  @Override
  public Positions positions() {
    Map<String, Position> known = new LinkedHashMap<>();
    lock.lock();
    try {
      followed.forEach(
          (name, one) -> {
            Position position = one.subscriber().position();
            if (position != null) {
              known.put(name, position);
            }
          });
      List<Map.Entry<String, Position>> others = new ArrayList<>(resting.entrySet());
      for (int i = others.size() - 1; i >= 0 && known.size() < Positions.MOST_CHANNELS; i--) {
        known.put(others.get(i).getKey(), others.get(i).getValue());
      }
    } finally {
      lock.unlock();
    }
    return new Positions(known);
  }

  @Override
  public Map<String, SubscriptionStats> stats() {
    Map<String, SubscriptionStats> stats = new LinkedHashMap<>();
    followed().forEach(one -> stats.put(one.name(), one.subscriber().stats()));
    return stats;
  }

  private Collection<FollowedChannel<T>> followed() {
    lock.lock();
    try {
      return new ArrayList<>(followed.values());
    } finally {
      lock.unlock();
    }
  }

  private boolean isFollowed(String name) {
    lock.lock();
    try {
      return followed.containsKey(name);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable FollowedChannel<T> forget(String name) {
    lock.lock();
    try {
      return followed.remove(name);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Position left(String name) {
    lock.lock();
    try {
      return resting.get(name);
    } finally {
      lock.unlock();
    }
  }

  private boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return "subscription to " + pattern + " of tenant " + tenant.name();
  }
}

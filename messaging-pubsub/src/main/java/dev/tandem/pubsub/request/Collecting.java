package dev.tandem.pubsub.request;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The answers to one question as they come. Settled when all who are waited for have answered, or
 * the time is up.
 *
 * <p>Thread safety: safe for use by many threads. The future is completed outside the lock.
 */
final class Collecting<A> {
  private final int mostAnswers;
  private final boolean membersKnown;
  private final CompletableFuture<Answers<A>> result = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> silent;
  private final Set<String> waitedFor;
  private final Map<String, A> answers = new LinkedHashMap<>();
  private final Map<String, String> errors = new LinkedHashMap<>();
  private boolean settled;

  /**
   * Nothing yet.
   *
   * @param members who is waited for; null if that is not known
   */
  Collecting(@Nullable Set<String> members, int mostAnswers) {
    this.mostAnswers = mostAnswers;
    this.membersKnown = members != null;
    this.silent = members == null ? new LinkedHashSet<>() : new LinkedHashSet<>(members);
    this.waitedFor = new LinkedHashSet<>(silent);
  }

  CompletableFuture<Answers<A>> result() {
    return result;
  }

  /**
   * Takes an answer or an error.
   *
   * @return false if it came too late, again, or is one too many
   */
  boolean take(String instanceId, @Nullable A answer, @Nullable String error) {
    boolean last;
    lock.lock();
    try {
      boolean known = answers.containsKey(instanceId) || errors.containsKey(instanceId);
      if (settled || known || answers.size() + errors.size() >= mostAnswers) {
        return false;
      }
      if (answer != null) {
        answers.put(instanceId, answer);
      } else {
        errors.put(instanceId, error == null ? "no answer" : error);
      }
      silent.remove(instanceId);
      waitedFor.remove(instanceId);
      last = settleIfAll();
    } finally {
      lock.unlock();
    }
    complete(last);
    return true;
  }

  /** Waits for this instance no longer. */
  void gone(String instanceId) {
    boolean last;
    lock.lock();
    try {
      last = waitedFor.remove(instanceId) && settleIfAll();
    } finally {
      lock.unlock();
    }
    complete(last);
  }

  /** Waits for nobody any longer. */
  void timeUp() {
    boolean last;
    lock.lock();
    try {
      last = !settled;
      settled = true;
    } finally {
      lock.unlock();
    }
    complete(last);
  }

  private boolean settleIfAll() {
    boolean all = membersKnown && waitedFor.isEmpty() && !settled;
    settled |= all;
    return all;
  }

  private void complete(boolean now) {
    if (now) {
      // Nothing changes any more once it is settled.
      result.complete(new Answers<>(answers, errors, silent, membersKnown && silent.isEmpty()));
    }
  }
}

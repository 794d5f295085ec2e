package dev.tandem.streams;

import dev.tandem.redis.RedisConnection;
import dev.tandem.streams.internal.dead.ProcessorRun;
import java.util.function.Supplier;

/**
 * Goes over the dead letters of one group with a handler that decides about each: keep, discard or
 * replay.
 *
 * <p><b>Guarantees.</b> A run meets the letters that are there when it begins, oldest first, each
 * at most once; one that it replays and that is given up again is left to the next run. What the
 * handler keeps or throws at stays a dead letter and never hides those after it. Several runs at
 * once, in any number of processes, do not look at the same letter at the same time: each letter is
 * claimed while it is looked at, for as long as the lease. A handler that takes longer than the
 * lease may see its letter go to another processor; if it did, its decision is not carried out.
 * Claims of a process that dies end with their lease. The decision itself is one step on the server
 * and survives a lost reply, as in {@link DeadLetters}.
 *
 * <p>Whether and how often to run is yours: {@link #run} works on the calling thread and returns.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class DeadLetterProcessor {
  private final Supplier<ProcessorRun> runs;

  DeadLetterProcessor(Supplier<ProcessorRun> runs) {
    this.runs = runs;
  }

  /** A processor over this connection. */
  public static DeadLetterProcessorBuilder builder(RedisConnection redis, String topicName) {
    return new DeadLetterProcessorBuilder(redis, topicName);
  }

  /**
   * Goes over the dead letters once, on the calling thread. Interrupting it ends the run before the
   * next letter, with the thread still interrupted.
   *
   * @throws dev.tandem.api.error.MessagingException if the server cannot be reached or refuses to
   *     go on; what was decided until then stands, and the letter in hand is free again after the
   *     lease
   */
  public ProcessedLetters run() {
    return runs.get().run();
  }
}

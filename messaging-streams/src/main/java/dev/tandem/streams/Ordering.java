package dev.tandem.streams;

/**
 * In which order a worker calls its handlers.
 *
 * <p><b>What order means here.</b> That of the stream, among the messages that one worker reads: a
 * handler is called with a message only when the message before it is done with. It does not hold
 * between workers: those of a group share its messages, whatever their keys. Nor does it hold for
 * messages that come back: when a worker has died, been cut off for longer than its lease, or
 * handed messages back, others that follow on them may have been handled meanwhile. Who needs order
 * beyond that runs one worker, or looks at {@link Delivery#isRedelivery()}.
 *
 * <p><b>Replays.</b> A dead letter that is replayed is handled long after what followed on it. But
 * it is in one order with what the worker has of its stream at that time: never handled at the same
 * time as a message of its key ({@link #BY_KEY}) or of its stream ({@link #STRICT}), held up by
 * those that are being retried, and, by its id, before those that wait and were published later.
 *
 * <p><b>Retries.</b> With an order, a message that failed keeps its lease and waits in the worker,
 * and so do those behind it. The server counts its deliveries all the same. When the worker is
 * closed, what waits for a retry goes on waiting in Redis.
 *
 * <p>Thread safety: immutable.
 */
public enum Ordering {
  /** None: handlers are called as messages come, and retries hold up nobody. The fastest. */
  NONE,

  /**
   * Messages of a stream that have the same key one after another, others in parallel; messages
   * without a key are in no order. A message that is to be retried holds up those of its key until
   * it has succeeded or is among the dead letters; not readable and expired ones go there at once.
   *
   * <p>What waits counts against what the worker reads ahead ({@link
   * StreamWorkerBuilder#concurrency}), which is more than without order: 256 messages at least. One
   * key with very many messages, or with long retries, may fill that, or its stream's equal share
   * of it (4 messages at least) if the worker has several streams; further messages of that stream
   * then wait until it has gone on. So keep retries short.
   */
  BY_KEY,

  /**
   * One message of a stream after another, different streams in parallel. When the retry policy
   * gives a message up, or when it is not readable or expired, its stream stops there: nothing goes
   * to the dead letters, the message stays leased, nothing after it is handled. Health is then
   * DEGRADED and names stream and id, {@link WorkerStats#stopped()} counts such streams, the
   * worker's other streams go on. {@link StreamWorker#resume()} tries the message again, once more
   * than the policy allows. To pass over it, delete it from the stream ({@link StreamAdmin#delete})
   * and resume: it is then reported lost and among the dead letters. When another consumer has
   * taken the message over, as after its lease ran out, its stream goes on without it.
   *
   * <p>A worker that takes over a message which was delivered more often than the policy allows
   * stops there without handling it, so that a message that kills its workers stops doing so.
   */
  STRICT
}

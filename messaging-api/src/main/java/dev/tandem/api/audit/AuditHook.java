package dev.tandem.api.audit;

/**
 * Is told who published what where: ids and names, never a payload or a header.
 *
 * <p><b>Guarantee.</b> Of every message that a producer, a live bus or a hybrid publisher on the
 * connection took in there is at most one record for each stream and channel, made once its outcome
 * is known: Redis has confirmed it, it was refused, or nobody knows. Records of one destination
 * come in the order of their outcomes.
 *
 * <p>These have records without an id or version: a message has one when it is scheduled or that is
 * refused, under its topic, and none when it is appended or cancelled; an event when its append is
 * confirmed, conflicts or fails, under its category, and another when the command is repeated; what
 * a transaction sends and publishes, when that commits, and none if it does not. Dead letters,
 * their replay and changes of state have none. A relay of an outbox makes one when it finds a
 * message published, which after a failure may be again, or by another relay, or be overlooked.
 *
 * <p><b>Limits.</b> Records are kept in memory only: what waits when the process dies is lost, and
 * so is what finds {@link #MOST_WAITING} records waiting; those are counted ({@code
 * tandem.audit.dropped}). A message that went to a spool has one for that, without an id, and none
 * when it is replayed.
 *
 * <p><b>Threads.</b> Called by one thread of the connection's own, a record at a time. It may
 * block: publishing never waits for it. What it throws is logged and counted ({@code
 * tandem.audit.failures}), and the record is not offered again.
 */
@FunctionalInterface
public interface AuditHook {
  /** The most records that wait for the hook: {@value}. */
  int MOST_WAITING = 65_536;

  /**
   * A message has its outcome.
   *
   * @throws Exception whatever goes wrong
   */
  void record(AuditRecord record) throws Exception;
}

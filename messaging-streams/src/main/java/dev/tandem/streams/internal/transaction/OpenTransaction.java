package dev.tandem.streams.internal.transaction;

import dev.tandem.api.Message;
import dev.tandem.api.audit.AuditRecord;
import dev.tandem.streams.StreamTopic;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.internal.quota.TransactionRights;
import org.jspecify.annotations.Nullable;

/**
 * The extension point of transactions: every {@link dev.tandem.streams.Transaction} is one, so that
 * another module can let more commit with it than that offers. What is added here is fenced, and
 * done once or not at all, like the rest.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public interface OpenTransaction {
  /** Builds the keys. */
  KeyLayout keys();

  /** Decides about outputs and live messages by the tenant's quotas; null if none are enforced. */
  @Nullable TransactionRights rights();

  /**
   * Nothing if the handler is running.
   *
   * @throws IllegalStateException if it has returned
   */
  void checkOpen();

  /**
   * Adds an operation that appends an output, behind those sent before. Nothing commits if that
   * would be more than the topic is bounded to.
   *
   * @param topic where it goes
   * @param output works on that stream alone
   * @return its number among the outputs, from 1; the script has its id under that
   * @throws dev.tandem.api.error.InvalidValueException if there are too many, or they are too large
   */
  int addOutput(StreamTopic<?> topic, Operation output);

  /**
   * Has an audit record made of a message, without an id or version, if the transaction commits.
   */
  void note(AuditRecord.Kind kind, String destination, Message<?> message);

  /** Commits by this script, which knows the operations added. */
  void commitBy(CommitScript script);

  /**
   * Adds an operation that is done behind all outputs and before changes of state.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the transaction gets too large
   */
  void add(Operation operation);
}

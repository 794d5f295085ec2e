package dev.tandem.outbox;

import dev.tandem.api.Message;
import dev.tandem.api.MessageId;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.StorageException;
import dev.tandem.api.internal.Require;
import dev.tandem.hybrid.FixedRoute;
import dev.tandem.outbox.internal.store.FailedTable;
import dev.tandem.outbox.internal.store.MessageTable;
import dev.tandem.outbox.internal.store.StoredPayload;
import dev.tandem.outbox.internal.store.Tables;
import dev.tandem.tenant.Tenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Saves messages in the application's own database transactions; an {@link OutboxRelay} publishes
 * them.
 *
 * <pre>{@code
 * connection.setAutoCommit(false);
 * orders.insert(connection, order);
 * outbox.save(connection, acme, Message.of("order.placed", order).key(order.customer()), placed);
 * connection.commit();
 * }</pre>
 *
 * <p><b>Guarantee.</b> A message is published if and only if its transaction commits: once, in all
 * places of its route or in none, however often relays, Redis or the database are killed in the
 * meantime. What this takes, and what ends it, stands at {@link OutboxRelay}.
 *
 * <p><b>Order.</b> Of two messages of one tenant with the same key (or both without one), that
 * which was saved first arrives first in every stream and on every channel that both go to, if they
 * were saved in one transaction, or the second was saved after the first one's transaction had
 * committed. So whoever needs order by key must let transactions that concern a key wait for one
 * another <em>before</em> they save: by changing, or locking, the row that the key names. Between
 * messages of transactions that overlap there is no order, and none between keys.
 *
 * <p>Nothing here talks to Redis. Payloads are turned into bytes by the route's serdes on the
 * calling thread, with the keys of that moment.
 *
 * <p>Thread safety: safe for use by many threads; a connection is used by the calling thread only.
 */
public final class Outbox {
  /** The most messages that {@link #saveAll} takes, and {@link #failed} gives: {@value}. */
  public static final int MOST_AT_A_TIME = 10_000;

  /** The header by which receivers know a message of the outbox: the id that {@link #save} gave. */
  public static final String ID_HEADER = "tandem-outbox-id";

  private final MessageTable messages;
  private final FailedTable failed;

  private Outbox(Tables tables) {
    this.messages = new MessageTable(tables);
    this.failed = new FailedTable(tables);
  }

  /** The outbox in {@link OutboxSchema#DEFAULT_TABLE}. */
  public static Outbox inDefaultTable() {
    return inTable(OutboxSchema.DEFAULT_TABLE);
  }

  /**
   * The outbox in this table.
   *
   * @throws InvalidValueException if the name would have to be quoted
   */
  public static Outbox inTable(String table) {
    return new Outbox(new Tables(table));
  }

  /**
   * Saves a message in the connection's transaction, which the caller commits or rolls back.
   *
   * @return the id that the message bears in the header {@link #ID_HEADER}, and as its own if its
   *     route has no stream
   * @throws InvalidValueException if the connection is in auto-commit mode, the route refuses the
   *     message's type, or the payload is larger than topic or channel allow
   * @throws dev.tandem.api.error.SerdeException if the payload cannot be turned into bytes
   * @throws StorageException if the database refuses it; the transaction must be rolled back
   */
  public <T> MessageId save(
      Connection connection, Tenant tenant, Message<T> message, OutboxRoute<T> route) {
    return saveAll(connection, tenant, List.of(Require.notNull("message", message)), route).get(0);
  }

  /**
   * Saves messages in this order, in one round trip.
   *
   * @param all up to {@value #MOST_AT_A_TIME}
   * @return their ids
   * @throws InvalidValueException like {@link #save}; nothing is saved then
   */
  public <T> List<MessageId> saveAll(
      Connection connection, Tenant tenant, List<Message<T>> all, OutboxRoute<T> route) {
    Require.notNull("tenant", tenant);
    Require.notNull("route", route);
    Require.inRange(
        "number of messages", Require.notNull("messages", all).size(), 0, MOST_AT_A_TIME);
    checkTransaction(connection);
    List<MessageTable.Draft> drafts = new ArrayList<>(all.size());
    List<MessageId> ids = new ArrayList<>(all.size());
    for (Message<T> message : all) {
      FixedRoute<T> fixed = route.route().forType(message.type());
      StoredPayload payload = StoredPayload.of(tenant, message, fixed);
      String id = UUID.randomUUID().toString();
      ids.add(MessageId.of(id));
      drafts.add(new MessageTable.Draft(tenant, route.name(), id, message, payload));
    }
    if (!drafts.isEmpty()) {
      messages.insert(connection, drafts);
    }
    return ids;
  }

  /**
   * Messages that were set aside, oldest first.
   *
   * @param above only those of higher numbers than this; 0 for all
   * @param most 1 to {@value #MOST_AT_A_TIME}
   */
  public List<FailedMessage> failed(Connection connection, long above, int most) {
    Require.inRange("most", most, 1, MOST_AT_A_TIME);
    return failed.list(Require.notNull("connection", connection), above, most);
  }

  /**
   * Has a message that was set aside published after all: behind everything of its key that was
   * saved before this call, and so out of its old order.
   *
   * @param number {@link FailedMessage#number()}
   * @return whether there was one
   * @throws InvalidValueException if the connection is in auto-commit mode
   */
  public boolean retry(Connection connection, long number) {
    checkTransaction(connection);
    return failed.retry(connection, number);
  }

  /**
   * Deletes a message that was set aside: it is never published.
   *
   * @param number {@link FailedMessage#number()}
   * @return whether there was one
   */
  public boolean discard(Connection connection, long number) {
    return failed.discard(Require.notNull("connection", connection), number);
  }

  private static void checkTransaction(Connection connection) {
    boolean autoCommit;
    try {
      autoCommit = Require.notNull("connection", connection).getAutoCommit();
    } catch (SQLException e) {
      throw new StorageException("the connection does not work: " + e.getMessage(), e);
    }
    if (autoCommit) {
      throw new InvalidValueException(
          "auto-commit of the connection",
          true,
          "must be off, so that the message shares the fate of the transaction");
    }
  }
}

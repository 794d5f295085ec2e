package dev.tandem.outbox.internal.store;

import dev.tandem.api.Message;
import dev.tandem.api.error.StorageException;
import dev.tandem.tenant.Tenant;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The messages that wait, and those set aside.
 *
 * <p>Thread safety: safe for use by many threads; connections are not.
 */
public final class MessageTable {
  /** The longest reason that is kept, in characters. */
  static final int MOST_REASON = 1_000;

  private static final int FETCHED_AT_A_TIME = 32;
  private static final int MOST_COUNTED = 100_001;

  /** What a message keeps when it is set aside, and when it comes back. */
  static final String KEPT =
      "partition_no, tenant, route, message_id, message_type, message_key, headers, ttl_millis,"
          + " payload, channel_payloads, saved_at";

  private static final String WITHOUT_NUMBER = " SET call_number = NULL, call_publisher = NULL";

  private final Tables tables;

  /** A call's number, and under whose name it is one. */
  public record CallNumber(String publisher, long number) {}

  /** A row that was given a number before. */
  public record OpenRow(long id, LineKey line, CallNumber number) {}

  /**
   * How much waits.
   *
   * @param waiting messages that are not published, up to 100,001
   * @param failed messages set aside, up to 100,001
   * @param oldestAge how long the oldest one waits; zero if none does
   */
  public record Backlog(long waiting, long failed, Duration oldestAge) {
    /** Nothing is known yet. */
    public static final Backlog NONE = new Backlog(0, 0, Duration.ZERO);
  }

  /** The messages of these tables. */
  public MessageTable(Tables tables) {
    this.tables = tables;
  }

  /** A message that is to be saved. */
  public record Draft(
      Tenant tenant, String route, String messageId, Message<?> message, StoredPayload payload) {}

  /**
   * Saves messages in the connection's transaction, in order.
   *
   * @throws StorageException if the database refuses it
   */
  public void insert(Connection connection, Collection<Draft> drafts) {
    String sql =
        "INSERT INTO "
            + tables.messages()
            + " (partition_no, tenant, route, message_id, message_type, message_key, headers,"
            + " ttl_millis, payload, channel_payloads) VALUES ("
            + Sql.places(10)
            + ")";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (Draft draft : drafts) {
        Message<?> message = draft.message();
        Duration ttl = message.timeToLive();
        statement.setInt(1, Partitions.of(draft.tenant().name(), message.key()));
        statement.setString(2, draft.tenant().name());
        statement.setString(3, draft.route());
        statement.setString(4, draft.messageId());
        statement.setString(5, message.type());
        statement.setString(6, message.key());
        statement.setString(7, HeaderText.write(message.headers()));
        if (ttl == null) {
          statement.setNull(8, Types.BIGINT);
        } else {
          statement.setLong(8, ttl.toMillis());
        }
        statement.setBytes(9, draft.payload().main());
        byte[] ofChannels = draft.payload().channelsPacked();
        if (ofChannels == null) {
          statement.setNull(10, Types.BINARY);
        } else {
          statement.setBytes(10, ofChannels);
        }
        statement.addBatch();
      }
      statement.executeBatch();
    } catch (SQLException e) {
      throw new StorageException("the message was not saved: " + e.getMessage(), e);
    }
  }

  /**
   * The oldest messages of these partitions that have no number, in order.
   *
   * @param held lines that are left out
   * @param most how many, and about how many bytes, of these at least one
   */
  public List<StoredMessage> next(
      Connection connection,
      Collection<Integer> partitions,
      Collection<LineKey> held,
      int most,
      long mostBytes)
      throws SQLException {
    String heldLines =
        held.isEmpty()
            ? ""
            : " AND (partition_no, tenant) NOT IN ("
                + String.join(", ", held.stream().map(line -> "(?, ?)").toList())
                + ")";
    String sql =
        "SELECT id, partition_no, tenant, route, message_id, message_type, message_key, headers,"
            + " ttl_millis, payload, channel_payloads, sent_alone FROM "
            + tables.messages()
            + " WHERE call_number IS NULL AND partition_no IN ("
            + Sql.places(partitions.size())
            + ")"
            + heldLines
            + " ORDER BY id LIMIT ?";
    List<StoredMessage> rows = new ArrayList<>();
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      int at = 1;
      for (int partition : partitions) {
        statement.setInt(at++, partition);
      }
      for (LineKey line : held) {
        statement.setInt(at++, line.partition());
        statement.setString(at++, line.tenant());
      }
      statement.setInt(at, most);
      statement.setFetchSize(FETCHED_AT_A_TIME);
      long bytes = 0;
      try (ResultSet found = statement.executeQuery()) {
        while (bytes < mostBytes && found.next()) {
          StoredMessage row = read(found);
          bytes += row.bytes();
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private static StoredMessage read(ResultSet row) throws SQLException {
    return new StoredMessage(
        row.getLong(1),
        new LineKey(row.getInt(2), row.getString(3)),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        row.getString(8),
        row.getLong(9),
        row.getBytes(10),
        row.getBytes(11),
        row.getBoolean(12));
  }

  /** The messages of a partition that have numbers, in the order of these. */
  public List<OpenRow> open(Connection connection, int partition) throws SQLException {
    String sql =
        "SELECT id, tenant, call_publisher, call_number FROM "
            + tables.messages()
            + " WHERE call_number IS NOT NULL AND partition_no = ? ORDER BY call_number, id";
    List<OpenRow> rows = new ArrayList<>();
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      statement.setInt(1, partition);
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          LineKey line = new LineKey(partition, found.getString(2));
          CallNumber number = new CallNumber(String.valueOf(found.getString(3)), found.getLong(4));
          rows.add(new OpenRow(found.getLong(1), line, number));
        }
      }
    }
    return rows;
  }

  /** Gives messages the numbers of their calls. */
  public void number(Connection connection, Map<Long, CallNumber> numbers) throws SQLException {
    String sql =
        "UPDATE " + tables.messages() + " SET call_number = ?, call_publisher = ? WHERE id = ?";
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      for (Map.Entry<Long, CallNumber> one : numbers.entrySet()) {
        statement.setLong(1, one.getValue().number());
        statement.setString(2, one.getValue().publisher());
        statement.setLong(3, one.getKey());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /** Deletes messages that are published; what has no number was not, whatever its id is. */
  public void delete(Connection connection, Collection<Long> ids) throws SQLException {
    forAll(
        connection,
        "DELETE FROM " + tables.messages() + " WHERE id = ? AND call_number IS NOT NULL",
        ids);
  }

  /** Takes the numbers from messages again, whose calls are cut off. */
  public void release(Connection connection, Collection<Long> ids) throws SQLException {
    forAll(connection, "UPDATE " + tables.messages() + WITHOUT_NUMBER + " WHERE id = ?", ids);
  }

  /** The same, and each is to be sent alone. */
  public void releaseAlone(Connection connection, Collection<Long> ids) throws SQLException {
    forAll(
        connection,
        "UPDATE " + tables.messages() + WITHOUT_NUMBER + ", sent_alone = TRUE WHERE id = ?",
        ids);
  }

  private static void forAll(Connection connection, String sql, Collection<Long> ids)
      throws SQLException {
    if (ids.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      for (long id : ids) {
        statement.setLong(1, id);
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /** Sets messages aside, each for its reason. */
  public void fail(Connection connection, Map<Long, String> reasons) throws SQLException {
    for (Map.Entry<Long, String> one : reasons.entrySet()) {
      String reason = one.getValue().replace('\0', ' ');
      Sql.update(
          connection,
          "INSERT INTO "
              + tables.failed()
              + " (id, reason, "
              + KEPT
              + ") SELECT id, CAST(? AS VARCHAR(1000)), "
              + KEPT
              + " FROM "
              + tables.messages()
              + " WHERE id = ?",
          reason.substring(0, Math.min(reason.length(), MOST_REASON)),
          one.getKey());
    }
    forAll(connection, "DELETE FROM " + tables.messages() + " WHERE id = ?", reasons.keySet());
  }

  /** How much waits now. */
  public Backlog backlog(Connection connection) throws SQLException {
    String sql =
        "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM %1$s LIMIT %3$d) w), (SELECT COUNT(*) FROM"
            + " (SELECT 1 FROM %2$s LIMIT %3$d) f), (SELECT saved_at FROM %1$s ORDER BY id LIMIT"
            + " 1), CURRENT_TIMESTAMP";
    String ours = sql.formatted(tables.messages(), tables.failed(), MOST_COUNTED);
    try (PreparedStatement statement = Sql.prepare(connection, ours);
        ResultSet row = statement.executeQuery()) {
      row.next();
      Timestamp oldest = row.getTimestamp(3);
      Duration age =
          oldest == null
              ? Duration.ZERO
              : Duration.between(oldest.toInstant(), row.getTimestamp(4).toInstant());
      return new Backlog(row.getLong(1), row.getLong(2), age.isNegative() ? Duration.ZERO : age);
    }
  }
}

package dev.tandem.outbox.internal.store;

import dev.tandem.api.error.StorageException;
import dev.tandem.outbox.FailedMessage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The messages that were set aside, as the application deals with them in its transactions.
 *
 * <p>Thread safety: safe for use by many threads; connections are not.
 */
public final class FailedTable {
  private final Tables tables;

  /** The messages of these tables. */
  public FailedTable(Tables tables) {
    this.tables = tables;
  }

  /** The oldest ones above this number. */
  public List<FailedMessage> list(Connection connection, long above, int most) {
    String sql =
        "SELECT id, tenant, route, message_id, message_type, message_key, saved_at, failed_at,"
            + " reason FROM "
            + tables.failed()
            + " WHERE id > ? ORDER BY id LIMIT ?";
    List<FailedMessage> list = new ArrayList<>();
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      statement.setLong(1, above);
      statement.setInt(2, most);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          list.add(
              new FailedMessage(
                  row.getLong(1),
                  row.getString(2),
                  row.getString(3),
                  row.getString(4),
                  row.getString(5),
                  row.getString(6),
                  row.getTimestamp(7).toInstant(),
                  row.getTimestamp(8).toInstant(),
                  row.getString(9)));
        }
      }
    } catch (SQLException e) {
      throw failed(e);
    }
    return list;
  }

  /** Brings one back, behind all messages that wait; whether there was one. */
  public boolean retry(Connection connection, long id) {
    try {
      if (!lock(connection, id)) {
        return false;
      }
      Sql.update(
          connection,
          "INSERT INTO "
              + tables.messages()
              + " ("
              + MessageTable.KEPT
              + ") SELECT "
              + MessageTable.KEPT
              + " FROM "
              + tables.failed()
              + " WHERE id = ?",
          id);
    } catch (SQLException e) {
      throw failed(e);
    }
    return discard(connection, id);
  }

  /** Two who retry one at the same time must not publish it twice. */
  private boolean lock(Connection connection, long id) throws SQLException {
    String sql = "SELECT id FROM " + tables.failed() + " WHERE id = ? FOR UPDATE";
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      statement.setLong(1, id);
      try (ResultSet row = statement.executeQuery()) {
        return row.next();
      }
    }
  }

  /** Deletes one; whether there was one. */
  public boolean discard(Connection connection, long id) {
    try {
      return Sql.update(connection, "DELETE FROM " + tables.failed() + " WHERE id = ?", id) > 0;
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private static StorageException failed(SQLException e) {
    return new StorageException("the outbox's database failed: " + e.getMessage(), e);
  }
}

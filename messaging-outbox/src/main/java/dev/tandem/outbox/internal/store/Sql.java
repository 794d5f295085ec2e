package dev.tandem.outbox.internal.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;

/** Statements. */
final class Sql {
  private Sql() {}

  /** A statement that takes no longer than is allowed. */
  @SuppressWarnings("SqlSourceToSinkFlow") // of constants, and of names that were checked
  static PreparedStatement prepare(Connection connection, String sql) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    statement.setQueryTimeout(Database.MOST_SECONDS);
    return statement;
  }

  /** So many places for values. */
  static String places(int count) {
    return String.join(", ", Collections.nCopies(count, "?"));
  }

  /** Runs a statement with these values, and tells how many rows it changed. */
  static int update(Connection connection, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = prepare(connection, sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }
}

package dev.tandem.outbox.internal.store;

import dev.tandem.api.error.StorageException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * Runs a relay's transactions, at READ COMMITTED.
 *
 * <p>Thread safety: as the data source.
 */
public final class Database {
  /** The longest that one statement may take, in seconds: {@value}. */
  static final int MOST_SECONDS = 30;

  /** After how long the server may end a transaction that nobody goes on with, at least. */
  private static final Duration LEAST_IDLE = Duration.ofSeconds(10);

  private final DataSource source;
  private final Duration longestIdle;

  /** What is done in a transaction. */
  @FunctionalInterface
  public interface Work<R> {
    /** Does it. */
    R run(Connection connection) throws SQLException;
  }

  /**
   * A database.
   *
   * @param lease of relays: a transaction that one does not go on with holds up others so long
   */
  public Database(DataSource source, Duration lease) {
    this.source = source;
    this.longestIdle = lease.compareTo(LEAST_IDLE) < 0 ? LEAST_IDLE : lease;
  }

  /**
   * Runs a transaction.
   *
   * @throws StorageException if it failed; nobody knows then whether it was committed
   */
  public <R> R transaction(Work<R> work) {
    try (Connection connection = source.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      int isolation = connection.getTransactionIsolation();
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      connection.setAutoCommit(false);
      boolean done = false;
      try {
        endIfLeft(connection);
        R result = work.run(connection);
        connection.commit();
        done = true;
        return result;
      } finally {
        if (!done) {
          rollBack(connection);
        }
        restore(connection, autoCommit, isolation);
      }
    } catch (SQLException e) {
      throw new StorageException("the outbox's database failed: " + e.getMessage(), e);
    }
  }

  /** A process that is stopped in the midst of a transaction must not keep its locks for ever. */
  private void endIfLeft(Connection connection) throws SQLException {
    if (Dialect.of(connection) == Dialect.POSTGRESQL) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(
            "SET LOCAL idle_in_transaction_session_timeout = " + longestIdle.toMillis());
      }
    }
  }

  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      // What comes of a broken connection is told by what broke it.
    }
  }

  private static void restore(Connection connection, boolean autoCommit, int isolation) {
    try {
      connection.setAutoCommit(autoCommit);
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(isolation);
      }
    } catch (SQLException e) {
      // As above.
    }
  }
}

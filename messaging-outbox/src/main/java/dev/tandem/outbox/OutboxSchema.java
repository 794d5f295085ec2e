package dev.tandem.outbox;

import dev.tandem.api.error.StorageException;
import dev.tandem.api.internal.Require;
import dev.tandem.outbox.internal.store.Dialect;
import dev.tandem.outbox.internal.store.Tables;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables of an outbox: the messages, and beside them {@code …_failed}, {@code …_partitions} and
 * {@code …_relays}. For PostgreSQL (12 and later) and H2 (2.2 and later).
 *
 * <p>Those who manage their schema by a migration tool take the statements from {@link #ddl}, or
 * from the files {@code dev/tandem/outbox/internal/store/postgresql.sql} and {@code h2.sql} of this
 * module. The rows of {@code …_partitions} are part of it: a relay that does not find all of them
 * publishes nothing, and says so.
 */
public final class OutboxSchema {
  /** The table's name unless said otherwise: {@value}. */
  public static final String DEFAULT_TABLE = "tandem_outbox";

  private OutboxSchema() {}

  /**
   * Creates the tables under {@link #DEFAULT_TABLE}.
   *
   * @throws StorageException like {@link #create(Connection, String)}
   */
  public static void create(Connection connection) {
    create(connection, DEFAULT_TABLE);
  }

  /**
   * Creates the tables. Not committed here if the connection is not in auto-commit mode; H2 commits
   * such statements by itself.
   *
   * @param table the name, with a schema and a dot before it if need be
   * @throws dev.tandem.api.error.InvalidValueException if the name would have to be quoted, or the
   *     database is neither PostgreSQL nor H2
   * @throws StorageException if the database refuses it, since they are there already for example
   */
  @SuppressWarnings("SqlSourceToSinkFlow") // of resources, and of a name that was checked
  public static void create(Connection connection, String table) {
    Require.notNull("connection", connection);
    try (Statement statement = connection.createStatement()) {
      for (String one : ddl(connection, table)) {
        statement.execute(one);
      }
    } catch (SQLException e) {
      throw new StorageException("the outbox was not created: " + e.getMessage(), e);
    }
  }

  /**
   * What {@link #create(Connection, String)} executes, in order.
   *
   * @throws dev.tandem.api.error.InvalidValueException like that
   * @throws StorageException if the database cannot be asked what it is
   */
  public static List<String> ddl(Connection connection, String table) {
    Tables tables = new Tables(table);
    try {
      return Dialect.of(connection).ddl(tables);
    } catch (SQLException e) {
      throw new StorageException("the database does not say what it is: " + e.getMessage(), e);
    }
  }
}

package dev.tandem.outbox.internal.store;

import dev.tandem.api.error.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which relays run, and which partitions each of them has. Times are the database's.
 *
 * <p>A lease that runs out only lets another relay take the partition. What guards the messages is
 * the row: whoever changes messages has it locked, and is its owner.
 *
 * <p>Thread safety: safe for use by many threads; connections are not.
 */
public final class LeaseTable {
  private final Tables tables;
  private final String relay;
  private final Duration lease;

  /**
   * A partition of this relay's, whose row is locked.
   *
   * @param publisher under whose name its calls are numbered; null if it never had one
   * @param lastCall the highest number that was given
   */
  public record Owned(int partition, @Nullable String publisher, long lastCall) {}

  /**
   * One relay's view of these tables.
   *
   * @param relay its name, unique for this run of the process
   */
  public LeaseTable(Tables tables, String relay, Duration lease) {
    this.tables = tables;
    this.relay = relay;
    this.lease = lease;
  }

  /** Says that this relay lives, and tells how many do. */
  public int beat(Connection connection) throws SQLException {
    Instant now = now(connection);
    Timestamp until = Timestamp.from(now.plus(lease));
    String known = "UPDATE " + tables.relays() + " SET expires_at = ? WHERE relay = ?";
    if (Sql.update(connection, known, until, relay) == 0) {
      Sql.update(
          connection,
          "INSERT INTO " + tables.relays() + " (relay, expires_at) VALUES (?, ?)",
          relay,
          until);
    }
    forget(connection, now);
    return count(
        connection,
        "SELECT COUNT(*) FROM " + tables.relays() + " WHERE expires_at >= ?",
        Timestamp.from(now));
  }

  /** Those that others are looking at right now are left to them: two would wait for each other. */
  private void forget(Connection connection, Instant now) throws SQLException {
    String sql =
        "SELECT relay FROM " + tables.relays() + " WHERE expires_at < ? FOR UPDATE SKIP LOCKED";
    List<String> gone = new ArrayList<>();
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      statement.setTimestamp(1, Timestamp.from(now));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          gone.add(row.getString(1));
        }
      }
    }
    for (String one : gone) {
      Sql.update(connection, "DELETE FROM " + tables.relays() + " WHERE relay = ?", one);
    }
  }

  private static int count(Connection connection, String sql, Object... values)
      throws SQLException {
    return numbers(connection, sql, values).get(0);
  }

  /**
   * Checks that there is a row for each partition: what belongs to another would wait for ever.
   *
   * @throws StorageException if there is not
   */
  public void check(Connection connection) throws SQLException {
    int rows = count(connection, "SELECT COUNT(*) FROM " + tables.partitions());
    if (rows != Partitions.COUNT) {
      throw new StorageException(
          tables.partitions()
              + " has "
              + rows
              + " rows, and must have "
              + Partitions.COUNT
              + ", for the numbers from 0 on",
          null);
    }
  }

  private static Instant now(Connection connection) throws SQLException {
    try (PreparedStatement statement = Sql.prepare(connection, "SELECT CURRENT_TIMESTAMP");
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getTimestamp(1).toInstant();
    }
  }

  /** Prolongs this relay's leases, and tells what it has. */
  public List<Integer> renew(Connection connection) throws SQLException {
    Sql.update(
        connection,
        "UPDATE " + tables.partitions() + " SET leased_until = ? WHERE owner = ?",
        Timestamp.from(now(connection).plus(lease)),
        relay);
    return numbers(
        connection,
        "SELECT partition_no FROM "
            + tables.partitions()
            + " WHERE owner = ? ORDER BY partition_no",
        relay);
  }

  /** Takes up to so many partitions that nobody has, or whose lease has run out. */
  public List<Integer> claim(Connection connection, int most) throws SQLException {
    Timestamp now = Timestamp.from(now(connection));
    List<Integer> free =
        numbers(
            connection,
            "SELECT partition_no FROM "
                + tables.partitions()
                + " WHERE owner IS NULL OR leased_until < ? ORDER BY partition_no LIMIT ? FOR"
                + " UPDATE SKIP LOCKED",
            now,
            most);
    for (int partition : free) {
      Sql.update(
          connection,
          "UPDATE "
              + tables.partitions()
              + " SET owner = ?, leased_until = ? WHERE partition_no = ?",
          relay,
          Timestamp.from(now.toInstant().plus(lease)),
          partition);
    }
    return free;
  }

  /** Gives partitions up that this relay has. */
  public void release(Connection connection, Collection<Integer> partitions) throws SQLException {
    for (int partition : partitions) {
      Sql.update(
          connection,
          "UPDATE "
              + tables.partitions()
              + " SET owner = NULL, leased_until = NULL WHERE partition_no = ? AND owner = ?",
          partition,
          relay);
    }
  }

  /** This relay ends. */
  public void leave(Connection connection) throws SQLException {
    Sql.update(connection, "DELETE FROM " + tables.relays() + " WHERE relay = ?", relay);
  }

  /** Locks those of these partitions that this relay has still, until the transaction ends. */
  public Map<Integer, Owned> lock(Connection connection, Collection<Integer> partitions)
      throws SQLException {
    String sql =
        "SELECT partition_no, publisher, last_call FROM "
            + tables.partitions()
            + " WHERE owner = ? AND partition_no IN ("
            + Sql.places(partitions.size())
            + ") ORDER BY partition_no FOR UPDATE";
    Map<Integer, Owned> owned = new TreeMap<>();
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      statement.setString(1, relay);
      int at = 2;
      for (int partition : partitions) {
        statement.setInt(at++, partition);
      }
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          int partition = row.getInt(1);
          owned.put(partition, new Owned(partition, row.getString(2), row.getLong(3)));
        }
      }
    }
    return owned;
  }

  /** Notes the name and the highest number of a partition, which is locked. */
  public void note(Connection connection, int partition, String publisher, long lastCall)
      throws SQLException {
    Sql.update(
        connection,
        "UPDATE "
            + tables.partitions()
            + " SET publisher = ?, last_call = ? WHERE partition_no = ?",
        publisher,
        lastCall,
        partition);
  }

  private static List<Integer> numbers(Connection connection, String sql, Object... values)
      throws SQLException {
    List<Integer> numbers = new ArrayList<>();
    try (PreparedStatement statement = Sql.prepare(connection, sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          numbers.add(row.getInt(1));
        }
      }
    }
    return numbers;
  }
}

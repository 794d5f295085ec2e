package dev.tandem.outbox;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import javax.sql.ConnectionPoolDataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;
import org.postgresql.ds.PGConnectionPoolDataSource;

/** Databases for tests: PostgreSQL as a process of its own, one for all tests; H2 in this one. */
enum Databases {
  POSTGRESQL,
  H2;

  private static final int MOST_CONNECTIONS = 20;
  private static final int SECONDS_TO_CONNECT = 20;

  /** Started when it is needed first; ends with this JVM. */
  private static final class Postgres {
    static final EmbeddedPostgres SERVER = start();

    private static EmbeddedPostgres start() {
      try {
        // It refuses to run as root; there it is started by `unshare`, as nobody.
        return EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Where a database of its own for one test is. */
  String newUrl() {
    String name = "t" + UUID.randomUUID().toString().replace("-", "");
    if (this == H2) {
      return "jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=10000";
    }
    try (Connection connection = Postgres.SERVER.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return Postgres.SERVER.getJdbcUrl("postgres", name);
  }

  /** A pool of connections there. */
  static JdbcConnectionPool pool(String url) {
    JdbcConnectionPool pool = JdbcConnectionPool.create(source(url));
    pool.setMaxConnections(MOST_CONNECTIONS);
    pool.setLoginTimeout(SECONDS_TO_CONNECT);
    return pool;
  }

  private static ConnectionPoolDataSource source(String url) {
    if (url.startsWith("jdbc:h2:")) {
      JdbcDataSource source = new JdbcDataSource();
      source.setUrl(url);
      return source;
    }
    PGConnectionPoolDataSource source = new PGConnectionPoolDataSource();
    source.setUrl(url);
    return source;
  }

  /** The number that a query gives. */
  static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}

package dev.tandem.outbox.internal.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.error.InvalidValueException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** In what databases differ. */
public enum Dialect {
  /** PostgreSQL 12 and later. */
  POSTGRESQL("PostgreSQL", "postgresql.sql"),
  /** H2 2.2 and later. */
  H2("H2", "h2.sql");

  private final String product;
  private final String ddl;

  Dialect(String product, String ddl) {
    this.product = product;
    this.ddl = ddl;
  }

  /**
   * That of a connection.
   *
   * @throws InvalidValueException if it is to another product
   */
  public static Dialect of(Connection connection) throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName();
    for (Dialect one : values()) {
      if (one.product.equals(product)) {
        return one;
      }
    }
    throw new InvalidValueException("database", product, "must be PostgreSQL or H2");
  }

  /** What creates the tables. */
  public List<String> ddl(Tables tables) {
    try (InputStream file = Dialect.class.getResourceAsStream(ddl)) {
      String text =
          new String(Objects.requireNonNull(file, ddl).readAllBytes(), UTF_8)
              .replaceAll("(?m)^--.*\\R", "")
              .replace("${table}", tables.messages());
      return Stream.of(text.split(";", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("a resource of this module cannot be read: " + ddl, e);
    }
  }
}

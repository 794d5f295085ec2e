package dev.tandem.outbox;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A data source whose user is stopped at one step of its transactions. */
final class StepSource implements DataSource {
  private final DataSource source;
  private final Step step;
  private final Runnable atStep;
  private int left;

  /** Between which transactions of a relay, or in the midst of which. */
  enum Step {
    BEFORE_NUMBERED("SET call_number = ?", true),
    BEFORE_PUBLISHED("SET call_number = ?", false),
    BEFORE_SETTLED("DELETE FROM", true),
    AFTER_SETTLED("DELETE FROM", false),
    AFTER_CLAIMED("SET owner = ?", false);

    private final String statement;
    private final boolean beforeCommit;

    Step(String statement, boolean beforeCommit) {
      this.statement = statement;
      this.beforeCommit = beforeCommit;
    }

    boolean isOf(String sql) {
      return sql.contains(statement) && !sql.contains("expires_at") && !sql.contains("relay");
    }
  }

  /**
   * Calls {@code atStep} the {@code nth} time that the step is reached, on the thread that does.
   */
  StepSource(DataSource source, Step step, int nth, Runnable atStep) {
    this.source = source;
    this.step = step;
    this.left = nth;
    this.atStep = atStep;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = source.getConnection();
    AtomicReference<Boolean> matches = new AtomicReference<>(false);
    return (Connection)
        Proxy.newProxyInstance(
            StepSource.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> invoke(connection, matches, method, arguments));
  }

  private @Nullable Object invoke(
      Connection connection,
      AtomicReference<Boolean> matches,
      Method method,
      @Nullable Object @Nullable [] arguments)
      throws Throwable {
    if (method.getName().equals("prepareStatement")
        && arguments != null
        && step.isOf(String.valueOf(arguments[0]))) {
      matches.set(true);
    }
    boolean isAt = method.getName().equals("commit") && matches.getAndSet(false) && --left == 0;
    if (isAt && step.beforeCommit) {
      atStep.run();
    }
    try {
      return method.invoke(connection, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    } finally {
      if (isAt && !step.beforeCommit) {
        atStep.run();
      }
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return source.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    source.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    source.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return source.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return source.unwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return source.isWrapperFor(type);
  }
}

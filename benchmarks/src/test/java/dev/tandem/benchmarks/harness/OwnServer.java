package dev.tandem.benchmarks.harness;

import java.util.Objects;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** A server for the tests of a class alone, which they take as a parameter. */
public final class OwnServer implements BeforeAllCallback, AfterAllCallback, ParameterResolver {
  private static final ExtensionContext.Namespace PLACE =
      ExtensionContext.Namespace.create(OwnServer.class);

  @Override
  public void beforeAll(ExtensionContext context) {
    context.getStore(PLACE).put(Server.class, Server.open(null));
  }

  @Override
  public void afterAll(ExtensionContext context) {
    server(context).close();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Server.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return server(context);
  }

  private static Server server(ExtensionContext context) {
    return Objects.requireNonNull(context.getStore(PLACE).get(Server.class, Server.class));
  }
}

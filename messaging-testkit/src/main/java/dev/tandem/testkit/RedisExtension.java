package dev.tandem.testkit;

import dev.tandem.testkit.internal.UniqueNames;
import java.lang.reflect.Parameter;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * The JUnit extension behind {@link RedisTest}.
 *
 * <p>Thread safety: instances hold no state and may be used by any number of threads.
 */
public final class RedisExtension
    implements ExecutionCondition, BeforeAllCallback, BeforeEachCallback, ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(RedisExtension.class);
  private static final String SHARED =
      "it is shared by all test classes; use @RedisTest(dedicated = true)";

  /** Made by JUnit. */
  public RedisExtension() {}

  @Override
  public ExtensionContextScope getTestInstantiationExtensionContextScope(ExtensionContext root) {
    return ExtensionContextScope.TEST_METHOD;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    RedisTest wanted = Owner.of(context).annotation();
    if (wanted.appendOnly() && !wanted.dedicated()) {
      throw new ExtensionConfigurationException(
          "@RedisTest(appendOnly = true) on "
              + context.getDisplayName()
              + " needs dedicated = true");
    }
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (Owner.of(context).annotation().dedicated()
        && RedisSource.detect() instanceof RedisSource.External external) {
      return ConditionEvaluationResult.disabled(
          "it needs a server that it may hurt, and this one is not ours: " + external);
    }
    return ConditionEvaluationResult.enabled("there is a server for it");
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    Owner owner = Owner.of(context);
    RedisServer dedicated = owner.store().get(owner.key(), RedisServer.class);
    if (dedicated != null) {
      dedicated.bringBack();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == RedisServer.class
        || type == FaultProxy.class
        || (type == String.class && parameter.isAnnotated(UniqueTenant.class));
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    if (type == RedisServer.class) {
      return server(context);
    }
    if (type == FaultProxy.class) {
      return ofContext(context, "proxy", FaultProxy.class, () -> FaultProxy.to(server(context)));
    }
    return ofContext(context, "tenant-" + ordinal(parameter), String.class, UniqueNames::next);
  }

  private static RedisServer server(ExtensionContext context) {
    Owner owner = Owner.of(context);
    if (owner.annotation().dedicated()) {
      return owner
          .store()
          .computeIfAbsent(
              owner.key(),
              key -> RedisServer.builder().appendOnly(owner.annotation().appendOnly()).start(),
              RedisServer.class);
    }
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent("shared server", key -> RedisServer.start(), RedisServer.class)
        .protectedBecause(SHARED);
  }

  // A store also finds what the contexts around it hold, so the key names the context.
  private static <T> T ofContext(
      ExtensionContext context, String name, Class<T> type, Supplier<T> maker) {
    return context
        .getStore(NAMESPACE)
        .computeIfAbsent(context.getUniqueId() + "/" + name, key -> maker.get(), type);
  }

  private static int ordinal(ParameterContext wanted) {
    int ordinal = 0;
    for (Parameter parameter : wanted.getDeclaringExecutable().getParameters()) {
      if (parameter.equals(wanted.getParameter())) {
        break;
      }
      if (parameter.isAnnotationPresent(UniqueTenant.class)) {
        ordinal++;
      }
    }
    return ordinal;
  }

  /** The class that carries the annotation, and what it asked for. */
  private record Owner(ExtensionContext context, RedisTest annotation) {

    static Owner of(ExtensionContext inner) {
      Optional<ExtensionContext> context = Optional.of(inner);
      while (context.isPresent()) {
        ExtensionContext current = context.get();
        boolean isClass = current.getElement().filter(Class.class::isInstance).isPresent();
        Optional<RedisTest> annotation =
            isClass
                ? AnnotationSupport.findAnnotation(current.getElement(), RedisTest.class)
                : Optional.empty();
        if (annotation.isPresent()) {
          return new Owner(current, annotation.get());
        }
        context = current.getParent();
      }
      throw new ExtensionConfigurationException(
          "RedisExtension is registered by @RedisTest on a class; "
              + inner.getDisplayName()
              + " has none");
    }

    String key() {
      return context.getUniqueId() + "/server";
    }

    ExtensionContext.Store store() {
      return context.getStore(NAMESPACE);
    }
  }
}

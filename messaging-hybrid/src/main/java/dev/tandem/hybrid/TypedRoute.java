package dev.tandem.hybrid;

import dev.tandem.api.Message;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A route that goes by the message's type. What becomes of a type that it does not name is
 * declared: it takes a route of its own ({@link Builder#otherwise}), or the publish is refused
 * ({@link Builder#otherwiseRefuse}).
 *
 * <p>Thread safety: immutable.
 *
 * @param <T> the payload's type
 */
public final class TypedRoute<T> implements Route<T> {
  /** The most types that one route names: {@value}. */
  public static final int MOST_TYPES = 10_000;

  private final Map<String, FixedRoute<T>> byType;
  private final @Nullable FixedRoute<T> otherwise;

  private TypedRoute(Map<String, FixedRoute<T>> byType, @Nullable FixedRoute<T> otherwise) {
    this.byType = Map.copyOf(byType);
    this.otherwise = otherwise;
  }

  @Override
  public FixedRoute<T> forType(String type) {
    FixedRoute<T> named = byType.get(Require.notNull("message type", type));
    if (named != null) {
      return named;
    }
    if (otherwise == null) {
      throw new InvalidValueException(
          "message type",
          type,
          "must be one that the route names: " + new TreeSet<>(byType.keySet()));
    }
    return otherwise;
  }

  @Override
  public String toString() {
    return "Route" + byType + " otherwise " + (otherwise == null ? "refuse" : otherwise);
  }

  /**
   * Describes a route by type.
   *
   * <p>Thread safety: not safe for use by many threads.
   *
   * @param <T> the payload's type
   */
  public static final class Builder<T> {
    private final Map<String, FixedRoute<T>> byType = new LinkedHashMap<>();

    Builder() {}

    /**
     * Messages of exactly this type take this route.
     *
     * @throws InvalidValueException if no message can have the type, or it has a route already
     */
    public Builder<T> on(String type, FixedRoute<T> route) {
      Require.text("message type", type, 1, Message.MAX_TYPE);
      Require.notNull("route", route);
      if (byType.putIfAbsent(type, route) != null) {
        throw new InvalidValueException("message type", type, "must be given one route");
      }
      Require.inRange("types of a route", byType.size(), 1, MOST_TYPES);
      return this;
    }

    /** The route, with this one for all other types. */
    public TypedRoute<T> otherwise(FixedRoute<T> route) {
      return new TypedRoute<>(byType, Require.notNull("route", route));
    }

    /**
     * The route, with all other types refused: publishing one throws an {@link
     * InvalidValueException} that names the types that are known.
     *
     * @throws InvalidValueException if no type was named
     */
    public TypedRoute<T> otherwiseRefuse() {
      Require.inRange("types of a route", byType.size(), 1, MOST_TYPES);
      return new TypedRoute<>(byType, null);
    }
  }
}

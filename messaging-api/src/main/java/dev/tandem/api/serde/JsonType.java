package dev.tandem.api.serde;

import dev.tandem.api.error.InvalidValueException;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Names a generic type, which a class literal cannot: {@code new JsonType<List<Order>>() {}},
 * braces included.
 *
 * <p>Thread safety: immutable.
 *
 * @param <T> the type that is named
 */
public abstract class JsonType<T> {
  private final Type type;

  /**
   * Takes the type from the subclass.
   *
   * @throws InvalidValueException if the subclass does not extend this class directly with a type,
   *     or the type contains a variable, which has no value at run time
   */
  protected JsonType() {
    if (!(getClass().getGenericSuperclass() instanceof ParameterizedType parent)
        || parent.getRawType() != JsonType.class) {
      throw new InvalidValueException(
          "JSON type", getClass().getName(), "must extend JsonType directly and name a type");
    }
    type = parent.getActualTypeArguments()[0];
    if (hasVariable(type)) {
      throw new InvalidValueException(
          "JSON type", type.getTypeName(), "must not contain type variables");
    }
  }

  /** The type that is named. */
  public final Type type() {
    return type;
  }

  /** The type as Java writes it. */
  @Override
  public final String toString() {
    return type.getTypeName();
  }

  private static boolean hasVariable(Type type) {
    if (type instanceof ParameterizedType generic) {
      return Arrays.stream(generic.getActualTypeArguments()).anyMatch(JsonType::hasVariable);
    }
    if (type instanceof GenericArrayType array) {
      return hasVariable(array.getGenericComponentType());
    }
    if (type instanceof WildcardType wildcard) {
      return Stream.of(wildcard.getUpperBounds(), wildcard.getLowerBounds())
          .flatMap(Arrays::stream)
          .anyMatch(JsonType::hasVariable);
    }
    return type instanceof TypeVariable;
  }
}

package dev.tandem.testkit;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The order in which settings decide about the server. */
final class Detection {

  private Detection() {}

  static RedisSource detect(
      Function<String, @Nullable String> properties, Function<String, @Nullable String> variables) {
    String url =
        first(
            properties.apply(RedisSource.URL_PROPERTY), variables.apply(RedisSource.URL_VARIABLE));
    if (url != null) {
      return RedisSource.external(url);
    }
    String image = first(properties.apply(RedisSource.IMAGE_PROPERTY), null);
    if (image != null) {
      return RedisSource.image(image);
    }
    String server =
        first(
            properties.apply(RedisSource.SERVER_PROPERTY),
            variables.apply(RedisSource.SERVER_VARIABLE));
    if (server == null || server.equals("embedded")) {
      return RedisSource.embedded();
    }
    return server.equals("system") ? RedisSource.system() : RedisSource.executable(server);
  }

  // An empty value counts as not set: build tools pass empty properties through.
  private static @Nullable String first(@Nullable String one, @Nullable String other) {
    if (one != null && !one.isBlank()) {
      return one.trim();
    }
    return other == null || other.isBlank() ? null : other.trim();
  }
}

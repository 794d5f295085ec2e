package dev.tandem.redis;

import java.util.Set;

/**
 * What the connected server is and which optional features it has.
 *
 * <p>Thread safety: immutable.
 *
 * @param product {@code redis} or {@code valkey}
 * @param version such as {@code 7.0.15}; {@value #UNKNOWN} if the user may not ask
 * @param features what this server can do beyond Redis 6.2
 */
public record ServerCapabilities(String product, String version, Set<ServerFeature> features) {
  /** The version of a server that does not tell it. */
  public static final String UNKNOWN = "0";

  /** Copies the features. */
  public ServerCapabilities {
    features = Set.copyOf(features);
  }

  /** Whether the server has the feature. */
  public boolean has(ServerFeature feature) {
    return features.contains(feature);
  }

  /** One line for a log, such as {@code redis 7.0.15 [EXACT_LAG, SHARDED_PUBSUB]}. */
  @Override
  public String toString() {
    return product + " " + version + " " + features.stream().sorted().toList();
  }
}

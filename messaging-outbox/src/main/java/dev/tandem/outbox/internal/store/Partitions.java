package dev.tandem.outbox.internal.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Into how many shares messages are divided, and which one a message belongs to. Neither may
 * change: it is in the rows.
 */
public final class Partitions {
  /** How many: {@value}. */
  public static final int COUNT = 16;

  private Partitions() {}

  /** The share of a tenant's key; messages without a key have one together. */
  public static int of(String tenant, @Nullable String key) {
    CRC32C hash = new CRC32C();
    hash.update(tenant.getBytes(UTF_8));
    if (key != null) {
      hash.update(0);
      hash.update(key.getBytes(UTF_8));
    }
    return (int) (hash.getValue() % COUNT);
  }
}

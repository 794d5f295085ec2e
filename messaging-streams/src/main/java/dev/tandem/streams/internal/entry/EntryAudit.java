package dev.tandem.streams.internal.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.audit.AuditRecord;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.redis.audit.AuditTrail;
import dev.tandem.tenant.Tenant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes audit records of entries.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class EntryAudit {
  private static final int TYPE_VALUE = 1;
  private static final int KEY_VALUE = 3;

  private final AuditTrail trail;

  private EntryAudit(AuditTrail trail) {
    this.trail = trail;
  }

  /** Null if nobody asks. */
  public static @Nullable EntryAudit of(@Nullable AuditTrail trail) {
    return trail == null ? null : new EntryAudit(trail);
  }

  /**
   * Says what became of messages without ids.
   *
   * @param entries their {@linkplain EntryFormat#encode fields}
   * @param failure why they were not published, or null
   */
  public void tell(
      Tenant tenant, String topic, List<List<byte[]>> entries, @Nullable ErrorCode failure) {
    for (List<byte[]> fields : entries) {
      String key = new String(fields.get(KEY_VALUE), UTF_8);
      trail.add(
          "",
          tenant.name(),
          AuditRecord.Kind.STREAM,
          topic,
          new String(fields.get(TYPE_VALUE), UTF_8),
          key.isEmpty() ? null : key,
          null,
          0,
          failure);
    }
  }
}

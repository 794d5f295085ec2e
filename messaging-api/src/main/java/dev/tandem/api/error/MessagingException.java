package dev.tandem.api.error;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The root of every exception that Tandem throws or completes a future with.
 *
 * <p>{@link #code()} says what happened, {@link #retryable()} whether the same call may succeed
 * later, {@link #tenant()} and {@link #destination()} where it happened, when that is known.
 * Messages never contain payloads or secrets.
 *
 * <p>Thread safety: immutable.
 */
public class MessagingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final boolean retryable;
  private final @Nullable String tenant;
  private final @Nullable String destination;

  /** Creates an exception that names no tenant and no destination. */
  public MessagingException(
      ErrorCode code, boolean retryable, String message, @Nullable Throwable cause) {
    this(code, retryable, message, cause, null, null);
  }

  /** Creates an exception that says where it happened. */
  public MessagingException(
      ErrorCode code,
      boolean retryable,
      String message,
      @Nullable Throwable cause,
      @Nullable String tenant,
      @Nullable String destination) {
    super(message, cause);
    this.code = Objects.requireNonNull(code, "code");
    this.retryable = retryable;
    this.tenant = tenant;
    this.destination = destination;
  }

  /** What went wrong. */
  public final ErrorCode code() {
    return code;
  }

  /**
   * Whether the same call may succeed later without any change by the caller. For {@link
   * ErrorCode#OUTCOME_UNKNOWN} a repeat may also do the work twice; that code is never reported as
   * retryable.
   */
  public final boolean retryable() {
    return retryable;
  }

  /** The tenant whose call failed, when known. */
  public final Optional<String> tenant() {
    return Optional.ofNullable(tenant);
  }

  /** The stream, group or channel concerned, when known. */
  public final Optional<String> destination() {
    return Optional.ofNullable(destination);
  }
}

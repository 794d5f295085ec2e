package dev.tandem.api.error;

/**
 * What went wrong, in a form that programs decide on and metrics count by.
 *
 * <p>Codes are stable: they are never renamed, and a new one may appear in a minor release.
 *
 * <p>Thread safety: immutable.
 */
public enum ErrorCode {
  /** An option, name, payload or token breaks a rule. Repeating the call cannot help. */
  INVALID_VALUE,
  /** A payload could not be turned into bytes, or bytes into a payload. */
  SERDE_FAILED,
  /** No connection to the server, or it was lost before the command was sent. */
  UNAVAILABLE,
  /** The command was sent and no reply came back: it may or may not have been executed. */
  OUTCOME_UNKNOWN,
  /** A bounded wait ended before what it waited for. */
  TIMED_OUT,
  /** The circuit breaker is open: the command was not sent. */
  CIRCUIT_OPEN,
  /** A bounded buffer stayed full for the longest allowed wait: the message was not taken. */
  BUFFER_FULL,
  /** A bounded stream holds as many entries as it may: the message was not appended. */
  STREAM_FULL,
  /** More was sent than a rate limit of the caller's own allows: the message was not taken. */
  RATE_LIMITED,
  /** The tenant is at one of its quotas: what was asked for was not done. */
  QUOTA_EXCEEDED,
  /** The object was closed, or is closing: nothing was sent. */
  CLOSED,
  /** The server is at its {@code maxmemory} and refuses writes. */
  OUT_OF_MEMORY,
  /** The server is a replica, or refuses writes for another reason. */
  READ_ONLY,
  /** The server is loading its data, busy with a long script, or has just forgotten its scripts. */
  SERVER_BUSY,
  /** Credentials were refused, or the user may not do this. */
  ACCESS_DENIED,
  /** A key holds something of another kind than this call works on. */
  WRONG_TYPE,
  /** The consumer group, or its stream, does not exist (any more). */
  GROUP_MISSING,
  /** What a transaction had read was changed before it could commit: nothing was committed. */
  CONFLICT,
  /** A key has moved to another node of the cluster. */
  REDIRECTED,
  /** The lease on a delivery has passed to another consumer. */
  LEASE_LOST,
  /** An aggregate does not stand at the version that the caller expected: nothing was appended. */
  VERSION_CONFLICT,
  /** Stored data that must be there is missing, or was changed by other means than this library. */
  DATA_DAMAGED,
  /** A file of this process cannot be written, read or locked. */
  STORAGE_FAILED,
  /** The server refused the command for a reason that has no code of its own. */
  SERVER_ERROR
}

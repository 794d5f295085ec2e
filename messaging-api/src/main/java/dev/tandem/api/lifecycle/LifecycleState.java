package dev.tandem.api.lifecycle;

import java.util.EnumSet;
import java.util.Set;

/**
 * The states of an object that runs: a worker, a bus, a connection.
 *
 * <pre>
 * CREATED ─► STARTING ─► RUNNING ◄─► RECOVERING
 *               │          ▲              ▲ ▲
 *               │          ▼              │ │
 *               │        PAUSED ◄─────────┘ │
 *               └───────────────────────────┘
 * any of these but CREATED ─► DRAINING
 * any but FAILED ─► STOPPED
 * any but STOPPED ─► FAILED
 * </pre>
 *
 * <p>Thread safety: immutable.
 */
public enum LifecycleState {
  /** Built, not started: nothing is read or sent. */
  CREATED,
  /** Connecting and preparing. */
  STARTING,
  /** At work. */
  RUNNING,
  /** The server is away, or something it held is lost: getting back to work by itself. */
  RECOVERING,
  /** Told to wait: holds what it has, takes nothing new. */
  PAUSED,
  /** Told to stop: finishes what it has, takes nothing new. */
  DRAINING,
  /** Ended as told. Final. */
  STOPPED,
  /** Ended by an error that it cannot recover from. Final. */
  FAILED;

  /** Whether nothing comes after this state. */
  public boolean isFinal() {
    return this == STOPPED || this == FAILED;
  }

  /** The states that may follow this one, in a set of the caller's own. */
  public Set<LifecycleState> next() {
    return switch (this) {
      case CREATED -> EnumSet.of(STARTING, STOPPED, FAILED);
      case STARTING -> EnumSet.of(RUNNING, RECOVERING, DRAINING, STOPPED, FAILED);
      case RUNNING -> EnumSet.of(RECOVERING, PAUSED, DRAINING, STOPPED, FAILED);
      case RECOVERING -> EnumSet.of(RUNNING, PAUSED, DRAINING, STOPPED, FAILED);
      case PAUSED -> EnumSet.of(RUNNING, RECOVERING, DRAINING, STOPPED, FAILED);
      case DRAINING -> EnumSet.of(STOPPED, FAILED);
      case STOPPED, FAILED -> EnumSet.noneOf(LifecycleState.class);
    };
  }
}

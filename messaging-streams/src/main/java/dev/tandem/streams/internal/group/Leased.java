package dev.tandem.streams.internal.group;

/** A delivery that is held by a lease, as all of Tandem's are. */
public interface Leased {
  /** The lease. */
  Lease lease();
}

package dev.tandem.streams;

/** Where a group begins that does not exist yet. Without effect on a group that does. */
public enum StartPosition {
  /** At the oldest message of the stream: nothing published before the first worker is missed. */
  BEGINNING,
  /** After the newest message at the time the first worker starts. */
  NOW
}

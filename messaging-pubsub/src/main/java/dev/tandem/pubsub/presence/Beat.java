package dev.tandem.pubsub.presence;

/**
 * What a message says besides its type; the metadata are its headers.
 *
 * @param run the sender's run
 * @param intervalMillis how often it sends heartbeats
 */
record Beat(String run, long intervalMillis) {
  static final String STARTED = "server_started";
  static final String HEARTBEAT = "heartbeat";
  static final String STOPPED = "server_stopped";
}

package dev.tandem.pubsub.internal.frame;

/**
 * Where its publisher believes that a log will stand when a frame arrives. A frame that is made for
 * the right place is stored and published as it came; otherwise the script, which compares, gives
 * it another head.
 *
 * @param epoch the log's
 * @param version of its newest message
 * @param nonce of its newest frame
 * @param timestampMillis about what the server's clock will show
 */
public record ForeseenHead(String epoch, long version, String nonce, long timestampMillis) {
  /** As the script has it, to compare. */
  String stand() {
    return epoch + ' ' + version + ' ' + nonce;
  }

  /** The members in front of the body, and the opening brace. */
  String json(int count) {
    return "{\"version\":"
        + (version + 1)
        + ",\"count\":"
        + count
        + ",\"epoch\":\""
        + epoch
        + "\",\"previous\":\""
        + nonce
        + "\",\"timestamp\":"
        + timestampMillis
        + ',';
  }
}

package dev.tandem.hybrid.internal.wire;

import java.util.List;

/**
 * Messages that are published by one script call, as they go to the server. It stays the same,
 * however often it is sent.
 *
 * <p>Thread safety: immutable; the bodies are shared, not to be changed.
 *
 * @param publisher a word by which the server knows the publisher again
 * @param number the call's; those of one publisher rise. 0 if the server is not to remember it
 * @param destination where it goes
 * @param count how many messages there are
 * @param ids those of the messages if there is no stream to give them; otherwise none
 * @param values of the stream entries
 * @param nonce that of the frames
 * @param bodies a frame's body for each channel
 */
public record PublishCall(
    String publisher,
    long number,
    Destination destination,
    int count,
    List<String> ids,
    EntryValues values,
    String nonce,
    List<byte[]> bodies) {
  /** Whether the server knows it again, so that it may be sent again whatever became of it. */
  public boolean isRemembered() {
    return number > 0;
  }

  /** How large it is. */
  public long bytes() {
    long bytes = values.bytes();
    for (byte[] body : bodies) {
      bytes += body.length;
    }
    return bytes;
  }
}

package dev.tandem.pubsub.internal.frame;

/** Bytes are not a frame. The message says why, without showing them. */
public final class FrameFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  FrameFormatException(String message) {
    super(message);
  }
}

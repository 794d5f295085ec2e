package dev.tandem.streams.internal.eventstore;

/** Another process holds the projection, or it was rebuilt. */
final class LeaseLost extends Exception {
  private static final long serialVersionUID = 1L;

  LeaseLost() {
    super("the projection has passed on", null, false, false);
  }
}

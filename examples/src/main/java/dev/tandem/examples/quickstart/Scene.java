package dev.tandem.examples.quickstart;

/** Something that goes wrong on purpose while events are published. */
interface Scene {
  /** Called before an event (from 0) is published, on the publishing thread. */
  void before(int event) throws InterruptedException;

  /** Called when all events are published: what has not happened by now must happen here. */
  void afterLast() throws InterruptedException;

  /** Called when everything was handled and delivered: says how it went. */
  void epilogue();
}

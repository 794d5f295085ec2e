package dev.tandem.examples.quickstart;

import dev.tandem.examples.console.Narrator;

/** The subscribers lose their connection while events go on being published, and come back. */
final class LiveOutage implements Scene {
  private final int begin;
  private final int end;
  private final Audience audience;
  private final Narrator narrator;
  private Stage stage = Stage.CONNECTED;

  /**
   * Creates the scene.
   *
   * @param begin the event before which the connection is cut
   * @param end the event before which it is whole again
   */
  LiveOutage(int begin, int end, Audience audience, Narrator narrator) {
    this.begin = begin;
    this.end = end;
    this.audience = audience;
    this.narrator = narrator;
  }

  @Override
  public void before(int event) throws InterruptedException {
    if (stage == Stage.CONNECTED && event >= begin) {
      audience.disconnect();
      narrator.say("The subscribers lose their connection to Redis; publishing goes on.");
      stage = Stage.CUT_OFF;
    }
    if (stage == Stage.CUT_OFF && event >= end) {
      reconnect();
    }
  }

  @Override
  public void afterLast() throws InterruptedException {
    before(Integer.MAX_VALUE);
  }

  @Override
  public void epilogue() {
    narrator.say(
        "The subscribers recovered %s that they had missed.",
        Narrator.counted(audience.recovered(), "message"));
  }

  private void reconnect() throws InterruptedException {
    audience.reconnect();
    narrator.say("The connection is whole again; each subscriber goes on from its position.");
    stage = Stage.BACK;
  }

  private enum Stage {
    CONNECTED,
    CUT_OFF,
    BACK
  }
}

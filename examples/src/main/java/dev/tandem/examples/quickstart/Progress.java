package dev.tandem.examples.quickstart;

import dev.tandem.examples.console.Narrator;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** The progress bar, if there is a terminal to show it on. */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 79;
  private static final int REDRAW_MILLIS = 100;

  private final Narrator narrator;
  private final @Nullable ProgressBar bar;

  private Progress(Narrator narrator, @Nullable ProgressBar bar) {
    this.narrator = narrator;
    this.bar = bar;
  }

  static Progress of(long steps, Narrator narrator, boolean visible) {
    if (!visible) {
      return new Progress(narrator, null);
    }
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("handled")
            .setInitialMax(steps)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REDRAW_MILLIS)
            .setConsumer(new DelegatingProgressBarConsumer(narrator::draw, WIDTH))
            .build();
    return new Progress(narrator, bar);
  }

  void stepTo(long step) {
    if (bar != null) {
      bar.stepTo(step);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      narrator.removeBar();
    }
  }
}

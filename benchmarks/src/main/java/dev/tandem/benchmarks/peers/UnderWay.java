package dev.tandem.benchmarks.peers;

import java.util.ArrayDeque;
import java.util.Queue;

/** Batches that are sent and not answered; more than {@value #MOST} would only wait in memory. */
final class UnderWay {
  static final int MOST = 8;

  private final Queue<Runnable> replies = new ArrayDeque<>(MOST);

  /** A batch was sent; waits for the oldest ones until fewer than {@value #MOST} are left. */
  void sent(Runnable awaitReplies) {
    replies.add(awaitReplies);
    if (replies.size() == MOST) {
      replies.remove().run();
    }
  }

  /** Waits for all. */
  void await() {
    replies.forEach(Runnable::run);
  }
}

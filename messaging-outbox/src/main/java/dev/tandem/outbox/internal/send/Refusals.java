package dev.tandem.outbox.internal.send;

import dev.tandem.api.RetryPolicy;
import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.StreamFullException;
import dev.tandem.outbox.internal.store.LineKey;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * When a call that failed is sent again, and when its messages are set aside.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class Refusals {
  private static final int MOST_SUSPECTS = 1_024;
  private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int MOST_DOUBLINGS = 5;

  private final RetryPolicy policy;
  private final RandomGenerator random;
  private final Set<Suspect> suspects = new LinkedHashSet<>();

  private record Suspect(String tenant, String route) {}

  /** By this policy, whose deliveries are tries. */
  public Refusals(RetryPolicy policy, RandomGenerator random) {
    this.policy = policy;
    this.random = random;
  }

  /** Whether the server is away, or ill: nothing is wrong with the messages. */
  static boolean isOutage(MessagingException why) {
    return switch (why.code()) {
      case UNAVAILABLE,
          CIRCUIT_OPEN,
          OUTCOME_UNKNOWN,
          SERVER_BUSY,
          REDIRECTED,
          READ_ONLY,
          OUT_OF_MEMORY,
          CLOSED ->
          true;
      default -> false;
    };
  }

  /** Whether what was refused is the place, and not this or that message. */
  static boolean isOfPlace(MessagingException why) {
    return why.code() == ErrorCode.WRONG_TYPE
        || why.code() == ErrorCode.ACCESS_DENIED
        || (why instanceof StreamFullException full && full.length() >= full.limit());
  }

  /** Whether the call is worth another try after so many refusals. */
  boolean allowAnother(LineKey line, OpenCall call, MessagingException why, int refusals) {
    return !call.alone()
        && !suspects.contains(new Suspect(line.tenant(), call.route()))
        && policy.allowsRetry(why, refusals);
  }

  /** Messages of this route were set aside: the next ones get one try only. */
  void setAside(LineKey line, OpenCall call) {
    if (suspects.size() == MOST_SUSPECTS) {
      suspects.remove(suspects.iterator().next());
    }
    suspects.add(new Suspect(line.tenant(), call.route()));
  }

  /** One got through. */
  void gotThrough(LineKey line, OpenCall call) {
    if (!suspects.isEmpty()) {
      suspects.remove(new Suspect(line.tenant(), call.route()));
    }
  }

  long pauseAfterRefusal(int refusals) {
    return policy.delayAfter(refusals, random).toNanos();
  }

  long pauseAfterOutage(int failures) {
    long whole = FIRST_PAUSE << Math.min(failures - 1, MOST_DOUBLINGS);
    return whole / 2 + random.nextLong(whole / 2 + 1);
  }
}

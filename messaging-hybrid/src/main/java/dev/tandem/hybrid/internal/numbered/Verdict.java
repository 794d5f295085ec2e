package dev.tandem.hybrid.internal.numbered;

import dev.tandem.api.error.MessagingException;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a call after it was sent.
 *
 * <p>Thread safety: immutable.
 *
 * @param why what kept it from being executed, if it failed or was not sent
 */
public record Verdict(Outcome outcome, @Nullable MessagingException why) {
  static final Verdict PUBLISHED = new Verdict(Outcome.PUBLISHED, null);
  static final Verdict CUT_OFF = new Verdict(Outcome.CUT_OFF, null);
  static final Verdict NOT_YET = new Verdict(Outcome.NOT_YET, null);

  /** What may become of a call. */
  public enum Outcome {
    /** It was executed, now or by an earlier try. */
    PUBLISHED,
    /** It was not executed and never will be, whoever sends it: its line was cut behind it. */
    CUT_OFF,
    /** It was not executed, since the one before it was not, or since nothing was sent at all. */
    NOT_YET,
    /** It failed, or nobody knows. */
    FAILED
  }

  static Verdict notSent(MessagingException why) {
    return new Verdict(Outcome.NOT_YET, why);
  }

  static Verdict failed(MessagingException why) {
    return new Verdict(Outcome.FAILED, why);
  }
}

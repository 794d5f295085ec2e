package dev.tandem.redis.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.error.OutcomeUnknownException;
import dev.tandem.api.error.UnavailableException;
import org.junit.jupiter.api.Test;

class DoubtTest {
  private final MessagingException away = new UnavailableException("away", null);
  private final MessagingException lost = new OutcomeUnknownException("lost", null);

  @Test
  void whatIsTrueStays() {
    assertThat(Doubt.truth(false, away)).isSameAs(away);
    assertThat(Doubt.truth(true, lost)).isSameAs(lost);
  }

  @Test
  void whatWasSentMayHaveBeenDone() {
    MessagingException truth = Doubt.truth(true, away);

    assertThat(truth.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(truth).hasMessageContaining("away").hasCause(away);
  }

  @Test
  void whatWasNotSentWasNotDoneWhateverBecameOfOthers() {
    MessagingException truth = Doubt.truth(false, lost);

    assertThat(truth.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(truth).hasMessage("not sent: lost").hasCause(lost);
  }
}

package dev.tandem.hybrid.internal.spool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.tenant.Tenant;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who is left alone, and what counts as refused. */
class PausesTest {
  private static final Tenant ACME = Tenant.of("acme");

  private final Pauses pauses = new Pauses(new Random(1));

  @Test
  void onlyRefusalsInARowCountAsSuch() {
    for (int i = 1; i <= 10; i++) {
      assertThat(pauses.failed(ACME, 0)).isEqualTo(i);
    }
    assertThat(pauses.refused(ACME, 0)).isEqualTo(1);
    assertThat(pauses.refused(ACME, 0)).isEqualTo(2);
    assertThat(pauses.failed(ACME, 0)).isEqualTo(13);
    assertThat(pauses.refused(ACME, 0)).isEqualTo(1);
    pauses.succeeded(ACME);
    assertThat(pauses.refused(ACME, 0)).isEqualTo(1);
  }
}

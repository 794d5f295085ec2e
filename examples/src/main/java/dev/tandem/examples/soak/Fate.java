package dev.tandem.examples.soak;

/** What befalls a message, decided by its number alone so that every process knows. */
enum Fate {
  /** Its handler returns. */
  EASY,
  /** Its handler fails the first time, or the first two times. */
  FAILS_FIRST,
  /** Its handler outlasts the lease, which must be renewed meanwhile. */
  OUTLASTS_ITS_LEASE,
  /** Its handler always fails. */
  ALWAYS_FAILS,
  /** Its handler kills the process, every time. */
  KILLS_ITS_PROCESS;

  private static final long POISON_EVERY = 20_000;
  private static final long HOPELESS_EVERY = 1_000;
  private static final long SLOW_EVERY = 500;
  private static final long SHAKY_EVERY = 40;

  /** The fate of a message. */
  static Fate of(long number) {
    // Not the first ones: a short run should have something to show as well.
    if (number % POISON_EVERY == POISON_EVERY / 8) {
      return KILLS_ITS_PROCESS;
    }
    if (number % HOPELESS_EVERY == HOPELESS_EVERY / 3) {
      return ALWAYS_FAILS;
    }
    if (number % SLOW_EVERY == SLOW_EVERY / 7) {
      return OUTLASTS_ITS_LEASE;
    }
    return number % SHAKY_EVERY == SHAKY_EVERY / 2 ? FAILS_FIRST : EASY;
  }
}

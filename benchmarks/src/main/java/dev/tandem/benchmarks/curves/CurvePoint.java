package dev.tandem.benchmarks.curves;

import dev.tandem.benchmarks.harness.Library;

/**
 * One point of a {@link Curve}.
 *
 * @param library whose it is
 * @param at the size
 * @param perSecond how many a second of what the curve counts: the rounds' median
 * @param lost how many did not arrive, in all rounds
 */
public record CurvePoint(Library library, int at, double perSecond, long lost) {}

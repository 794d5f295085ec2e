package dev.tandem.benchmarks.curves;

import dev.tandem.benchmarks.harness.Library;

/**
 * One point of a {@link Curve}.
 *
 * @param library whose it is
 * @param at the size
 * @param perSecond how many messages a second then: the rounds' median
 * @param lost messages that did not arrive, in all rounds
 */
public record CurvePoint(Library library, int at, double perSecond, long lost) {}

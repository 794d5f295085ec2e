/**
 * The hybrid subscription: one driver at a time, the live channel or the stream, carries it on.
 *
 * <pre>
 *              gap, or the buffer does not reach back
 *      LIVE ───────────────────────────────────────────► CATCHING UP
 *        ▲                                                    │
 *        └──── the stream's end, or only the buffer has it ───┘
 * </pre>
 *
 * <p>The live side is a subscription of the bus like any other; what it delivers is contiguous, and
 * when it says otherwise it is closed at once, and the stream is read from where it stood. What the
 * reader stood on is the only thing handed over, so neither side needs to know what the other did.
 */
@NullMarked
package dev.tandem.hybrid.internal.subscribe;

import org.jspecify.annotations.NullMarked;

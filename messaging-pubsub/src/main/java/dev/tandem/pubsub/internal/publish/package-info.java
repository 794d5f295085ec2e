/**
 * Publishing to channels in frames: encoding, rate limits, what waits for each channel, repetition
 * without duplicates, and counts. All but encoding and limits is the sending thread's. Internal:
 * may change in any release.
 */
@NullMarked
package dev.tandem.pubsub.internal.publish;

import org.jspecify.annotations.NullMarked;

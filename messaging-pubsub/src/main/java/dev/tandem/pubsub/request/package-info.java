/**
 * One instance asks, every instance answers.
 *
 * <p>Begin with {@link dev.tandem.pubsub.request.RequestAll}.
 */
@NullMarked
package dev.tandem.pubsub.request;

import org.jspecify.annotations.NullMarked;

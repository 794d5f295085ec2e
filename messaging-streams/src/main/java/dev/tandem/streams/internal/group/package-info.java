/**
 * A member of a consumer group: what it holds, how it keeps it, and the scripts of a group. Workers
 * and consumers are built on it; it may change at any time.
 */
@NullMarked
package dev.tandem.streams.internal.group;

import org.jspecify.annotations.NullMarked;

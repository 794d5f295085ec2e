/** Connecting to Redis: one object per process for a server, a Sentinel group or a Cluster. */
@NullMarked
package dev.tandem.redis;

import org.jspecify.annotations.NullMarked;

/** How a Redis server is started, hurt and ended. */
@NullMarked
package dev.tandem.testkit.internal.server;

import org.jspecify.annotations.NullMarked;

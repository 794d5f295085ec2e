@NullMarked
package dev.tandem.streams.internal.trim;

import org.jspecify.annotations.NullMarked;

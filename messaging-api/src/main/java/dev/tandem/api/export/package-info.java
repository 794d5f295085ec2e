/** What exports of messages have in common: pages, and the form of a line. */
@NullMarked
package dev.tandem.api.export;

import org.jspecify.annotations.NullMarked;

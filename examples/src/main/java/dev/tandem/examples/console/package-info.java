/** What Tandem's programs have in common on a terminal: sentences, exit status, an orderly end. */
@NullMarked
package dev.tandem.examples.console;

import org.jspecify.annotations.NullMarked;

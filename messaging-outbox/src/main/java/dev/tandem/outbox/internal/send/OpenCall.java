package dev.tandem.outbox.internal.send;

import dev.tandem.hybrid.internal.numbered.NumberedCall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call whose outcome the database does not know.
 *
 * <p>Thread safety: immutable.
 *
 * @param call what is sent; null if another relay made it, so that its line can only be cut
 * @param rows the messages in it
 * @param route the name of the first one's route
 * @param alone whether it is one message that was refused together with others
 */
public record OpenCall(
    long number, @Nullable NumberedCall call, List<Long> rows, String route, boolean alone) {}

package dev.tandem.pubsub.internal.log;

import dev.tandem.api.Position;
import dev.tandem.pubsub.internal.frame.Frame;
import java.util.List;

/**
 * What one read of a log brought.
 *
 * @param head where the log stood
 * @param frames stored frames, oldest first; what could not be parsed is left out
 * @param hasMore whether more frames are stored behind these
 */
public record LogPage(Position head, List<Frame> frames, boolean hasMore) {}

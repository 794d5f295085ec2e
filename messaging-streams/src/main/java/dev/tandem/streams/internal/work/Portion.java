package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.GroupStream;
import java.util.List;

/**
 * What is to be read in one go.
 *
 * @param streams the streams
 * @param count how many entries of each at most
 */
record Portion(List<GroupStream> streams, int count) {}

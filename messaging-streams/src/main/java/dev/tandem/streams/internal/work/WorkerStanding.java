package dev.tandem.streams.internal.work;

import dev.tandem.streams.internal.group.GroupStream;
import dev.tandem.streams.internal.group.GroupView;
import dev.tandem.streams.internal.group.Standing;

/** What the parts of a worker tell the whole, beside what every member of a group tells. */
interface WorkerStanding extends Standing {
  /** A reader is at work. */
  void working(Reader reader);

  /** A look at a group came back. */
  void looked(GroupStream stream, GroupView view);

  /** There is something to be read from this replay stream, or nothing any more. */
  void replaying(GroupStream source, boolean any);

  /** A reader met an error and tries again. */
  void troubled(Reader reader, Throwable error);
}

package dev.tandem.examples.soak.hybrid;

import java.util.List;

/**
 * What came of a run.
 *
 * @param published messages that a publisher was told are published or spooled, or that are there
 *     although it could not be told, and receipts that transactions made
 * @param inStream entries of all streams
 * @param onChannel versions that all channels have given out
 * @param halves messages that are in the stream and not on the channel, or the other way, or
 *     elsewhere there; and transactions whose receipt and count differ
 * @param duplicates messages that are there again, or that a subscriber was given again
 * @param spooled messages that publishers were told are in the spool
 * @param replayed of these, the ones that are in the stream
 * @param lost messages that should be there and are not, or that a subscriber was not given
 * @param crossTenant messages and keys that are not where their tenant's are
 * @param complaints all that must not be, in words; the first few
 */
record HybridVerdict(
    long published,
    long inStream,
    long onChannel,
    long halves,
    long duplicates,
    long spooled,
    long replayed,
    long lost,
    long crossTenant,
    List<String> complaints) {

  boolean isRight() {
    return halves == 0 && duplicates == 0 && lost == 0 && crossTenant == 0 && complaints.isEmpty();
  }

  /** The last line of the output. */
  String line() {
    return ("published=%d inStream=%d onChannel=%d halves=%d duplicates=%d"
            + " spooled=%d replayed=%d lost=%d crossTenant=%d")
        .formatted(
            published,
            inStream,
            onChannel,
            halves,
            duplicates,
            spooled,
            replayed,
            lost,
            crossTenant);
  }
}

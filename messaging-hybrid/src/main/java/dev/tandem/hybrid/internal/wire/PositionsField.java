package dev.tandem.hybrid.internal.wire;

import dev.tandem.api.Position;
import dev.tandem.api.Positions;
import dev.tandem.api.error.InvalidValueException;
import java.util.Map;
import java.util.TreeMap;

/**
 * The field of a stream entry that tells where its message stands on the channels that it was
 * published to: {@code channel:epoch:version:nonce} for each recoverable one, with spaces between
 * them.
 */
public final class PositionsField {
  private static final int PARTS = 4;

  private PositionsField() {}

  /**
   * Reads a value.
   *
   * @throws InvalidValueException if it is not one that the script wrote
   */
  public static Positions parse(String value) {
    Map<String, Position> positions = new TreeMap<>();
    if (!value.isEmpty()) {
      for (String one : value.split(" ", -1)) {
        String[] parts = one.split(":", -1);
        if (parts.length != PARTS) {
          throw new InvalidValueException("positions of an entry", value, "must be as written");
        }
        positions.put(parts[0], position(value, parts));
      }
    }
    return new Positions(positions);
  }

  private static Position position(String value, String[] parts) {
    try {
      return new Position(parts[1], Long.parseLong(parts[2]), parts[3]);
    } catch (NumberFormatException e) {
      throw new InvalidValueException("positions of an entry", value, "must be as written", e);
    }
  }
}

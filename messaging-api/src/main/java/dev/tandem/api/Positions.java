package dev.tandem.api;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.internal.Require;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscriber of several channels stands: a {@link Position} for each channel that it has
 * one for, by the channel's name within its tenant.
 *
 * <p>{@link #toString()} gives one token for all, and {@link #parse} reads it; a token that was cut
 * or mistyped is refused as a whole, so that no channel is lost from it unnoticed.
 *
 * <p>Thread safety: immutable.
 *
 * @param byChannel the positions; up to {@value #MOST_CHANNELS}
 */
public record Positions(Map<String, Position> byChannel) {
  /** The most channels: {@value}. */
  public static final int MOST_CHANNELS = 1_024;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,128}");
  private static final String RULE = "must be a token as Positions.toString() gives it";
  private static final char BETWEEN = '~';
  private static final int RADIX = 36;
  private static final int CHECKSUM_LENGTH = 7;
  private static final int LONGEST_TOKEN = MOST_CHANNELS * 200;

  /** Refuses names that no channel can have, and too many of them. */
  public Positions {
    Require.notNull("positions", byChannel);
    Require.inRange("number of positions", byChannel.size(), 0, MOST_CHANNELS);
    Map<String, Position> sorted = new TreeMap<>();
    byChannel.forEach(
        (channel, position) -> {
          if (!NAME.matcher(Require.notNull("channel", channel)).matches()) {
            throw new InvalidValueException(
                "channel", channel, "must be 1 to 128 letters, digits, '-', '_' or '.'");
          }
          sorted.put(channel, Require.notNull("position of channel " + channel, position));
        });
    byChannel = Map.copyOf(sorted);
  }

  /** No position of any channel. */
  public static Positions none() {
    return new Positions(Map.of());
  }

  /** The position of a channel, or null if there is none. */
  public @Nullable Position of(String channel) {
    return byChannel.get(channel);
  }

  /**
   * Reads a token.
   *
   * @throws InvalidValueException if it is not one that {@link #toString()} gave
   */
  public static Positions parse(@Nullable String token) {
    if (token == null || token.length() > LONGEST_TOKEN) {
      throw new InvalidValueException("positions", token, RULE);
    }
    String[] parts = token.split(String.valueOf(BETWEEN), -1);
    Map<String, Position> read = new TreeMap<>();
    try {
      for (int i = 0; i + 2 < parts.length; i += 2) {
        read.put(parts[i], Position.parse(parts[i + 1]));
      }
      Positions positions = new Positions(read);
      if (positions.toString().equals(token)) {
        return positions;
      }
    } catch (InvalidValueException e) {
      throw new InvalidValueException("positions", token, RULE, e);
    }
    throw new InvalidValueException("positions", token, RULE);
  }

  /** The token: printable, safe in a URL, with a checksum over all of it. */
  @Override
  public String toString() {
    StringBuilder token = new StringBuilder();
    new TreeMap<>(byChannel)
        .forEach(
            (channel, position) ->
                token.append(channel).append(BETWEEN).append(position).append(BETWEEN));
    CRC32C checksum = new CRC32C();
    checksum.update(token.toString().getBytes(StandardCharsets.US_ASCII));
    String sum = Long.toString(checksum.getValue(), RADIX);
    return token.append("0".repeat(CHECKSUM_LENGTH - sum.length())).append(sum).toString();
  }
}

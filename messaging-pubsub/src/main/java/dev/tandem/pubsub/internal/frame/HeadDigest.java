package dev.tandem.pubsub.internal.frame;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.Position;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The digest of where several logs stand, as {@code digest_heads.lua} makes it: what is equal need
 * not be sent.
 *
 * <p>Thread safety: none.
 */
public final class HeadDigest {
  private final StringBuilder all = new StringBuilder();

  /** Adds where the next log stands. */
  public void add(Position head) {
    all.append(head.epoch()).append('\n');
    all.append(head.version()).append('\n');
    all.append(head.nonce()).append('\n');
  }

  /** The SHA-1 of all that was added, in hexadecimal. */
  public String hex() {
    try {
      byte[] bytes = all.toString().getBytes(UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-1 is part of every Java platform", e);
    }
  }
}

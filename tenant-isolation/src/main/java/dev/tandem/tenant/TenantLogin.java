package dev.tandem.tenant;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.api.internal.Require;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The user and the secret by which a tenant's programs log in to Redis; for {@link
 * dev.tandem.redis.RedisConnectionBuilder#credentials}.
 *
 * <p>The secret is never printed, and the server is only ever told its SHA-256 digest.
 *
 * <p>Thread safety: immutable.
 */
public final class TenantLogin {
  /** The shortest secret, in characters. */
  public static final int MIN_SECRET = 16;

  /** The longest secret, in characters. */
  public static final int MAX_SECRET = 512;

  private static final int GENERATED_BYTES = 32;

  private final String user;
  private final String secret;

  TenantLogin(String user, String secret) {
    this.user = user;
    this.secret = Require.secretText("secret", secret, MIN_SECRET, MAX_SECRET);
  }

  static TenantLogin generate(String user, SecureRandom random) {
    byte[] bytes = new byte[GENERATED_BYTES];
    random.nextBytes(bytes);
    return new TenantLogin(user, Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** The name of the Redis user. */
  public String user() {
    return user;
  }

  /** The secret itself. It is kept nowhere else: store it where secrets are kept. */
  public String secret() {
    return secret;
  }

  /** As {@code ACL SETUSER} takes it and {@code ACL GETUSER} shows it. */
  String digest() {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(secret.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }

  @Override
  public String toString() {
    return "TenantLogin[" + user + "]";
  }
}

package dev.tandem.redis.command;

import dev.tandem.api.internal.Require;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script, kept as one {@code .lua} resource and called by its digest.
 *
 * <p>Executors send its source with their first call, and again with a call that was answered
 * {@code NOSCRIPT} ({@code SCRIPT FLUSH}, restart, failover): such a call has done nothing. The
 * user needs no right to {@code SCRIPT}.
 *
 * <p>Thread safety: immutable.
 */
public final class Script {
  private final String name;
  private final byte[] source;
  private final String sha1;

  private Script(String name, byte[] source) {
    this.name = name;
    this.source = source;
    this.sha1 = sha1(source);
  }

  /**
   * Reads a script from a resource beside a class.
   *
   * @param owner the class whose package the resource lies in
   * @param resource the file name, such as {@code sweep.lua}
   */
  public static Script resource(Class<?> owner, String resource) {
    return new Script(resource, read(owner, resource));
  }

  /**
   * A script made of resources, each beside its class, joined in this order: functions first, what
   * uses them last.
   */
  public static Script joined(Script first, Class<?> owner, String resource) {
    byte[] second = read(owner, resource);
    byte[] source = new byte[first.source.length + 1 + second.length];
    System.arraycopy(first.source, 0, source, 0, first.source.length);
    source[first.source.length] = '\n';
    System.arraycopy(second, 0, source, first.source.length + 1, second.length);
    return new Script(resource, source);
  }

  /** A call of this script with these keys; arguments follow by {@link Command#arg}. */
  public Command call(RedisKey... keys) {
    return Command.calling(this, keys);
  }

  /** The resource's file name. */
  public String name() {
    return name;
  }

  /** The digest that the server knows it by. */
  public String sha1() {
    return sha1;
  }

  /** The Lua text as it goes over the wire; shared, do not change. */
  public byte[] source() {
    return source;
  }

  @Override
  public String toString() {
    return name;
  }

  private static byte[] read(Class<?> owner, String resource) {
    try (InputStream in = owner.getResourceAsStream(resource)) {
      return Require.notNull("script " + resource + " beside " + owner.getName(), in)
          .readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read script " + resource, e);
    }
  }

  private static String sha1(byte[] source) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(source));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-1 is part of every Java platform", e);
    }
  }
}

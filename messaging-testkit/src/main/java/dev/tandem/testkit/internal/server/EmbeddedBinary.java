package dev.tandem.testkit.internal.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redis.embedded.core.ExecutableProvider;
import redis.embedded.model.OsArchitecture;

/**
 * The server binary inside the embedded-redis archive, unpacked once per JVM into a directory that
 * only this user may enter, so that JVMs that start together do not meet. Deleted when the JVM
 * ends; if the JVM is killed, by the watchdogs of its servers.
 */
final class EmbeddedBinary {

  private EmbeddedBinary() {}

  /** The path of the unpacked binary. */
  static Path path() {
    return Unpacked.PATH;
  }

  /** The directory that holds nothing else. */
  static Path directory() {
    return Unpacked.DIRECTORY;
  }

  private static final class Unpacked {
    static final Path DIRECTORY = newDirectory();
    static final Path PATH = unpack(DIRECTORY);
  }

  private static Path newDirectory() {
    try {
      Path directory = Files.createTempDirectory("tandem-redis-server-");
      // Asked for before its content, because the JVM deletes in the reverse order.
      directory.toFile().deleteOnExit();
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary directory for the embedded Redis binary", e);
    }
  }

  private static Path unpack(Path into) {
    String resource = resource();
    try (InputStream binary = ExecutableProvider.class.getResourceAsStream(resource)) {
      if (binary == null) {
        throw new IllegalStateException("embedded-redis on the class path has no " + resource);
      }
      Path file = into.resolve("redis-server");
      Files.copy(binary, file, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("the embedded Redis binary could not be unpacked", e);
    }
  }

  private static String resource() {
    OsArchitecture machine = OsArchitecture.detectOSandArchitecture();
    Map<OsArchitecture, String> known = ExecutableProvider.newProvidedVersionsMap();
    @Nullable String resource = known.get(machine);
    if (resource == null || resource.endsWith(".exe")) {
      throw new IllegalStateException(
          "there is no embedded Redis binary for "
              + machine.os
              + " on "
              + machine.arch
              + "; name another server, see RedisSource");
    }
    return resource;
  }
}

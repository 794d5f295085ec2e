package dev.tandem.hybrid.internal.spool;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Keeps bytes that are not to be published in files of their own. */
final class SetAside {
  private SetAside() {}

  /**
   * Writes a file, whose name is {@code base.why}, or {@code base-2.why} and so on: record numbers
   * begin again when a spool was empty, and what is set aside already stays. A file that has the
   * same bytes is as good as a new one.
   *
   * @return the file
   */
  static Path keep(Path base, String why, byte[] bytes) throws IOException {
    Path file = base.resolveSibling(base.getFileName() + "." + why);
    for (int copy = 2; ; copy++) {
      try {
        Durable.write(file, bytes);
        return file;
      } catch (FileAlreadyExistsException e) {
        if (isSame(file, bytes)) {
          return file;
        }
        file = base.resolveSibling(base.getFileName() + "-" + copy + "." + why);
      }
    }
  }

  private static boolean isSame(Path file, byte[] bytes) throws IOException {
    return Files.size(file) == bytes.length && Arrays.equals(Files.readAllBytes(file), bytes);
  }
}

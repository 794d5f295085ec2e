package dev.tandem.hybrid.internal.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writing so that it survives a crash of the machine. */
final class Durable {
  private Durable() {}

  /** Makes sure that new files are found in a directory, where that can be asked. */
  static void force(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      return; // Windows opens no directories; its file systems keep them by themselves
    }
  }

  /**
   * Writes a whole new file, or none.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is one of that name
   */
  static void write(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      writeOrDelete(channel, file, bytes);
    }
    Path directory = file.getParent();
    if (directory != null) {
      force(directory);
    }
  }

  private static void writeOrDelete(FileChannel channel, Path file, byte[] bytes)
      throws IOException {
    try {
      writeFully(channel, ByteBuffer.wrap(bytes), 0);
      channel.force(true);
    } catch (IOException e) {
      try {
        Files.delete(file);
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}

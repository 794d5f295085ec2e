package dev.tandem.hybrid.internal.spool;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tandem.api.error.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a directory to one spool; ends with the process at the latest.
 *
 * <p>Thread safety: safe for use by many threads.
 */
final class DirectoryLock implements AutoCloseable {
  private static final String NAME = "lock";
  private static final int LONGEST_OWNER = 32;

  private final FileChannel file;

  private DirectoryLock(FileChannel file) {
    this.file = file;
  }

  /**
   * Takes the directory, and makes it if it is not there.
   *
   * @throws StorageException if another has it, or it cannot be had
   */
  static DirectoryLock take(Path directory) {
    try {
      Files.createDirectories(directory);
      FileChannel file =
          FileChannel.open(
              directory.resolve(NAME),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      if (tryLock(file) == null) {
        String owner = ownerIn(file);
        file.close();
        throw new StorageException(
            "spool directory "
                + directory
                + " is in use by process "
                + owner
                + "; each publisher needs a directory of its own",
            null);
      }
      file.truncate(0);
      file.write(US_ASCII.encode(Long.toString(ProcessHandle.current().pid())), 0);
      return new DirectoryLock(file);
    } catch (IOException e) {
      throw new StorageException("spool directory " + directory + " cannot be used: " + e, e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException inThisProcess) {
      return null;
    }
  }

  private static String ownerIn(FileChannel file) throws IOException {
    ByteBuffer owner = ByteBuffer.allocate(LONGEST_OWNER);
    file.read(owner, 0);
    return US_ASCII.decode(owner.flip()).toString();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

package dev.tandem.benchmarks.bench;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/** The results as a JSON array in a file that is always whole. */
final class ResultsFile {
  private final Path file;

  private ResultsFile(Path file) {
    this.file = file;
  }

  /**
   * One at this place; its directory is made.
   *
   * @throws IOException if results could not be written there
   */
  static ResultsFile at(Path place) throws IOException {
    Path file = place.toAbsolutePath().normalize();
    Path directory = Files.createDirectories(file.resolveSibling("").toAbsolutePath());
    if (Files.isDirectory(file)) {
      throw new FileSystemException(place.toString(), null, "is a directory");
    }
    if (!Files.isWritable(directory)) {
      throw new AccessDeniedException(directory.toString());
    }
    return new ResultsFile(file);
  }

  /** Another file beside it; with an empty name, the directory. */
  Path beside(String name) {
    return file.resolveSibling(name);
  }

  /** Writes results in place of those that were there. */
  void write(List<Result> results) throws IOException {
    Path whole = beside(file.getFileName() + ".new");
    Files.writeString(
        whole,
        JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(results) + "\n");
    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}

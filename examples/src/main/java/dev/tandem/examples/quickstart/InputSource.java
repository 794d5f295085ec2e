package dev.tandem.examples.quickstart;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Opens what {@code --input} names. */
final class InputSource {
  private static final String BUNDLED = "earthquakes.ndjson";

  private InputSource() {}

  /**
   * Opens the input; the caller closes it.
   *
   * @param input a file, {@code -} or null, as in {@link QuickstartOptions}
   * @param standardInput what {@code -} stands for
   * @throws QuickstartException if it cannot be opened
   */
  static InputStream open(@Nullable String input, InputStream standardInput) {
    if (input == null) {
      return Objects.requireNonNull(InputSource.class.getResourceAsStream(BUNDLED), BUNDLED);
    }
    if (input.equals(QuickstartOptions.STANDARD_INPUT)) {
      return standardInput;
    }
    try {
      Path file = Path.of(input);
      if (Files.isDirectory(file)) {
        throw unreadable(input, "it is a directory", null);
      }
      return Files.newInputStream(file);
    } catch (NoSuchFileException e) {
      throw unreadable(input, "there is no such file", e);
    } catch (AccessDeniedException e) {
      throw unreadable(input, "access is denied", e);
    } catch (IOException | InvalidPathException e) {
      throw unreadable(input, String.valueOf(e.getMessage()), e);
    }
  }

  /** The error for an input that breaks off. */
  static QuickstartException unreadable(
      @Nullable String input, String why, @Nullable Throwable cause) {
    String sentence = "cannot read the input " + (input == null ? BUNDLED : input) + ": " + why;
    return cause == null
        ? QuickstartException.unusable(sentence)
        : QuickstartException.unusable(sentence, cause);
  }
}

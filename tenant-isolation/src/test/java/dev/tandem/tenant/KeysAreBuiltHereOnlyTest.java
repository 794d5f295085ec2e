package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No other module writes a key by hand; string literals are beyond what byte code tells. */
class KeysAreBuiltHereOnlyTest {
  private static final Path MODULES = Path.of("..");
  private static final Pattern WHOLE_KEY = Pattern.compile("[\"']tenant:");
  private static final Pattern PART_OF_A_KEY =
      Pattern.compile(
          "[\"']:("
              + "stream|channel|group|dead|due|sweep|replay|claims|receipt|scheduled|trim|producer"
              + "|events|aggregate|snapshot|projection|view|skipped"
              + "|state|buffer|meta|quota)[:\"']");

  @Test
  void noOtherModuleWritesAKey() throws IOException {
    List<String> found = new ArrayList<>();
    int scanned = 0;
    for (Path source : sources()) {
      String module = MODULES.relativize(source).getName(0).toString();
      if (module.equals("tenant-isolation")) {
        continue;
      }
      scanned++;
      String text = Files.readString(source, StandardCharsets.UTF_8);
      if (WHOLE_KEY.matcher(text).find()
          || (module.startsWith("messaging-") && PART_OF_A_KEY.matcher(text).find())) {
        found.add(source.toString());
      }
    }
    assertThat(found).as("files that write a key by hand").isEmpty();
    assertThat(scanned).as("files scanned").isGreaterThan(40);
  }

  @Test
  void theScanFindsTheKeysOfThisModule() throws IOException {
    Path layout = Path.of("src/main/java/dev/tandem/tenant/KeyLayout.java");
    Path group = Path.of("src/main/java/dev/tandem/tenant/GroupKeys.java");

    assertThat(WHOLE_KEY.matcher(Files.readString(layout)).find()).isTrue();
    assertThat(PART_OF_A_KEY.matcher(Files.readString(group)).find()).isTrue();
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(MODULES)) {
      for (Path module : modules.toList()) {
        Path main = module.resolve("src/main");
        if (Files.isDirectory(main)) {
          try (Stream<Path> files = Files.walk(main)) {
            files.filter(file -> file.toString().matches(".*\\.(java|lua)")).forEach(sources::add);
          }
        }
      }
    }
    return sources;
  }
}

package dev.tandem.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every Java block of README and guide is a marked region of code that compiles here. */
class ReadmeTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path SOURCES = Path.of("src/test/java/dev/tandem/docs");
  private static final Pattern REGION =
      Pattern.compile("(?s) *// snippet:(\\w+)\\n(.*?)\\n *// end\\n");
  private static final Pattern BLOCK =
      Pattern.compile("(?s)<!-- snippet: (\\w+) -->\\n```java\\n(.*?)\\n```");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");

  @Test
  void javaBlocksAreCompiledCode() throws IOException {
    Map<String, String> regions = regions();
    for (Path page : pages()) {
      String text = Files.readString(page);
      Matcher block = BLOCK.matcher(text);
      int marked = 0;
      while (block.find()) {
        assertThat(block.group(2))
            .as("snippet '%s' in %s", block.group(1), page)
            .isEqualTo(regions.get(block.group(1)));
        marked++;
      }
      assertThat(text.split("```java", -1).length - 1)
          .as("java blocks in %s without a snippet mark", page)
          .isEqualTo(marked);
    }
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        assertThat(page.resolveSibling(link.group(1))).as("link in %s", page).exists();
      }
    }
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      Stream<Path> pages = docs.filter(path -> path.toString().endsWith(".md"));
      return Stream.concat(
              Stream.of(
                  ROOT.resolve("README.md"),
                  ROOT.resolve("CONTRIBUTING.md"),
                  ROOT.resolve("CHANGELOG.md")),
              pages)
          .filter(path -> !path.toString().contains("target"))
          .toList();
    }
  }

  private static Map<String, String> regions() throws IOException {
    Map<String, String> regions = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Matcher region = REGION.matcher(Files.readString(file));
        while (region.find()) {
          regions.put(region.group(1), outdented(region.group(2)));
        }
      }
    }
    return regions;
  }

  private static String outdented(String code) {
    int indent =
        code.lines()
            .filter(line -> !line.isBlank())
            .mapToInt(line -> line.length() - line.stripLeading().length())
            .min()
            .orElse(0);
    return code.lines()
        .map(line -> line.isBlank() ? "" : line.substring(indent))
        .collect(Collectors.joining("\n"));
  }
}

package dev.tandem.streams;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.internal.transaction.CommitScript;
import dev.tandem.testkit.FaultProxy;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The scripts of this module, as resources and as what the code calls. */
public final class ModuleScripts {
  private static final String PACKAGE = "dev.tandem.streams.internal.";
  private static final Path RESOURCES =
      Path.of("src", "main", "resources", "dev", "tandem", "streams", "internal");

  private ModuleScripts() {}

  /**
   * The resources that are scripts and not functions for others, such as {@code trim/trim.lua}: the
   * head of a script says what keys it takes.
   */
  public static SortedSet<String> resources() throws IOException {
    SortedSet<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(RESOURCES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".lua")).toList()) {
        if (Files.readString(file).contains("KEYS: ")) {
          names.add(RESOURCES.relativize(file).toString());
        }
      }
    }
    return names;
  }

  /** The script of a resource. */
  public static Script of(String resource) {
    return Objects.requireNonNull(All.BY_RESOURCE.get(resource), resource);
  }

  /** Has the next call of this script executed and its reply lost. */
  public static void loseReplyOf(String resource, FaultProxy proxy) {
    Script script = of(resource);
    String byDigest = "EVALSHA " + script.sha1() + " ";
    String byText = "EVAL " + new String(script.source(), ISO_8859_1) + " ";
    proxy.executeButDropReply(line -> line.startsWith(byDigest) || line.startsWith(byText));
  }

  private static final class All {
    static final Map<String, Script> BY_RESOURCE = find();

    private static Map<String, Script> find() {
      Map<String, Script> found = new TreeMap<>();
      for (JavaClass type : new ClassFileImporter().importPackages("dev.tandem.streams.internal")) {
        for (JavaField field : type.getFields()) {
          Script script = field.getModifiers().contains(JavaModifier.STATIC) ? script(field) : null;
          if (script != null) {
            String folder = type.getPackageName().substring(PACKAGE.length()).replace('.', '/');
            found.put(folder + '/' + script.name(), script);
          }
        }
      }
      return found;
    }

    private static @Nullable Script script(JavaField field) {
      try {
        if (field.getRawType().isEquivalentTo(Script.class)) {
          return (Script) value(field.reflect(), null);
        } else if (field.getRawType().isEquivalentTo(CommitScript.class)) {
          Field script = CommitScript.class.getDeclaredField("script");
          return (Script) value(script, value(field.reflect(), null));
        }
        return null;
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("a script of the module", e);
      }
    }

    private static Object value(Field field, @Nullable Object of) throws IllegalAccessException {
      field.setAccessible(true);
      return Objects.requireNonNull(field.get(of));
    }
  }
}

package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The user of a tenant may call each command that the libraries' source names, and no other. */
class AclRightsTest {
  private static final Path MODULES = Path.of("..");
  private static final Set<String> CONTAINERS =
      Set.of("xgroup", "xinfo", "memory", "client", "command", "acl", "cluster");

  /** A call in a script; a command made in Java; a call that a script builds as a table. */
  private static final Pattern CALL =
      Pattern.compile(
          "(?:redis\\.p?call\\(|Command\\s*\\.of\\(|call = \\{|write\\(|Argument\\.of\\()\\s*['\"]([A-Z]+)['\"]"
              + "(?:\\s*,\\s*['\"]([A-Z]+)['\"]|\\)\\s*\\.arg\\(\"([A-Z]+)\"\\))?");

  /** Asked by a connection that finds out about the server; who may not is told by HELLO. */
  private static final Set<String> NOT_NEEDED = Set.of("info", "command|info", "hello");

  /** What Jedis sends of itself. */
  private static final Set<String> BY_JEDIS =
      Set.of("ping", "select", "client|setname", "client|setinfo", "cluster|slots");

  /** How {@code Command} calls scripts. */
  private static final Set<String> BY_SCRIPTS = Set.of("eval", "evalsha");

  private static final AclRights ALL =
      AclRights.of(KeyLayout.plain(), Tenant.of("acme"), Set.of(), true, true);

  @Test
  void whatTheSourceCallsIsAllowed() throws IOException {
    Map<String, String> called = called();
    assertThat(called).hasSizeGreaterThan(50);
    called.keySet().removeAll(NOT_NEEDED);
    called.keySet().removeAll(ALL.commands());
    assertThat(called).as("commands that a tenant's user may not call, and where").isEmpty();
  }

  @Test
  void whatIsAllowedIsCalled() throws IOException {
    Set<String> unused = new TreeSet<>(ALL.commands());
    unused.removeAll(called().keySet());
    unused.removeAll(BY_JEDIS);
    unused.removeAll(BY_SCRIPTS);
    assertThat(unused).as("commands that nothing calls").isEmpty();
  }

  @Test
  void aSingleServerIsNotAskedForItsTopology() {
    AclRights single =
        AclRights.of(KeyLayout.plain(), Tenant.of("acme"), Set.of("orders.*"), false, false);
    assertThat(single.commands()).doesNotContain("cluster|slots", "asking", "client|setinfo");
    assertThat(single.keys()).containsExactly("tenant:acme:*");
    assertThat(single.channels())
        .containsExactlyInAnyOrder(
            "tenant:acme:*", "tandem:probe:*", "tenant:acme:channel:orders.*");
    assertThat(single.rules().subList(0, 3)).containsExactly("resetkeys", "resetchannels", "-@all");
  }

  private static Map<String, String> called() throws IOException {
    Map<String, String> called = new TreeMap<>();
    try (Stream<Path> modules = Files.list(MODULES)) {
      for (Path module : modules.toList()) {
        String name = module.getFileName().toString();
        Path main = module.resolve("src/main");
        if (name.startsWith("messaging-") && !name.endsWith("testkit") && Files.isDirectory(main)) {
          try (Stream<Path> files = Files.walk(main)) {
            for (Path file :
                files.filter(each -> each.toString().matches(".*\\.(java|lua)")).toList()) {
              find(file, called);
            }
          }
        }
      }
    }
    return called;
  }

  private static void find(Path file, Map<String, String> called) throws IOException {
    Matcher call = CALL.matcher(Files.readString(file));
    while (call.find()) {
      String command = call.group(1).toLowerCase(Locale.ROOT);
      String next = call.group(2) != null ? call.group(2) : call.group(3);
      if (CONTAINERS.contains(command)) {
        assertThat(next).as("subcommand of %s in %s", command, file).isNotNull();
        command += "|" + next.toLowerCase(Locale.ROOT);
      }
      called.put(command, file.toString());
    }
  }
}

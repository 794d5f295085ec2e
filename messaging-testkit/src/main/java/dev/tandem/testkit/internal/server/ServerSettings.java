package dev.tandem.testkit.internal.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server is to run.
 *
 * @param port the port, or 0 for a free one
 * @param appendOnly whether every write is on disk before its reply
 * @param directives further lines of the configuration, in the user's order
 * @param startTimeout how long a start may take
 */
public record ServerSettings(
    int port, boolean appendOnly, List<Directive> directives, Duration startTimeout) {

  /** One line of redis.conf. */
  public record Directive(String name, String value) {
    @Override
    public String toString() {
      return name + " " + (value.isEmpty() ? "\"\"" : value);
    }
  }

  /** Copies the list. */
  public ServerSettings {
    directives = List.copyOf(directives);
  }

  /** The value of {@code requirepass}, if the user set one. */
  public @Nullable String password() {
    String password = null;
    for (Directive directive : directives) {
      if (directive.name().equals("requirepass") && !directive.value().isEmpty()) {
        password = unquoted(directive.value());
      }
    }
    return password;
  }

  private static String unquoted(String value) {
    boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  /**
   * The configuration of a server that listens on the address and keeps its data in the directory.
   */
  List<String> configuration(String bind, int listenPort, String directory) {
    List<Directive> all = new ArrayList<>();
    all.add(new Directive("bind", bind));
    all.add(new Directive("port", Integer.toString(listenPort)));
    all.add(new Directive("dir", "\"" + directory + "\""));
    all.add(new Directive("daemonize", "no"));
    all.add(new Directive("save", ""));
    all.add(new Directive("appendonly", appendOnly ? "yes" : "no"));
    all.add(new Directive("appendfsync", "always"));
    all.add(new Directive("repl-diskless-sync", "yes"));
    all.add(new Directive("repl-diskless-sync-delay", "0"));
    String password = password();
    if (password != null) {
      all.add(new Directive("masterauth", password));
    }
    all.addAll(directives);
    return all.stream().map(Directive::toString).toList();
  }
}

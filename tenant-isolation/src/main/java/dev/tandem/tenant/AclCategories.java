package dev.tandem.tenant;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Reads how a server describes the commands that a user may call. Servers before 7.0 choose the
 * words themselves ({@code +@scripting -script}), so descriptions are compared by what they mean.
 */
final class AclCategories {
  /** Stands for all commands there are. */
  static final String ALL = "@all";

  private final Function<String, Set<String>> members;

  /**
   * Creates a reader.
   *
   * @param members gives the commands of a category, as {@code ACL CAT} does
   */
  AclCategories(Function<String, Set<String>> members) {
    this.members = members;
  }

  /** The commands that are allowed by rules such as {@code -@all +get +xgroup|create}. */
  Set<String> allowed(String rules) {
    Set<String> allowed = new TreeSet<>();
    for (String rule : rules.strip().toLowerCase(Locale.ROOT).split("\\s+", -1)) {
      if (rule.equals("allcommands")) {
        apply(allowed, "+" + ALL);
      } else if (rule.equals("nocommands")) {
        apply(allowed, "-" + ALL);
      } else if (rule.length() > 1) {
        apply(allowed, rule);
      }
    }
    return allowed;
  }

  private void apply(Set<String> allowed, String rule) {
    boolean grants = rule.charAt(0) == '+';
    String name = rule.substring(1);
    if (name.equals(ALL)) {
      allowed.clear();
      if (grants) {
        allowed.add(ALL);
      }
      return;
    }
    if (!grants && allowed.remove(ALL)) {
      allowed.addAll(members.apply("fast")); // a command is either fast or slow
      allowed.addAll(members.apply("slow"));
    }
    Set<String> named = name.startsWith("@") ? members.apply(name.substring(1)) : Set.of(name);
    for (String command : named) {
      allowed.remove(command);
      allowed.removeIf(each -> each.startsWith(command + "|"));
      if (grants) {
        allowed.add(command);
      }
    }
  }
}

package dev.tandem.tenant;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compares what one server holds for a user with what it should. */
final class AclAudit {
  private final AclRights rights;
  private final List<String> differences = new ArrayList<>();

  private AclAudit(AclRights rights) {
    this.rights = rights;
  }

  /**
   * What is found on one server.
   *
   * @param secretsElsewhere the digests of the secrets on the first server that has the user
   */
  static TenantAccess.Node of(
      String address,
      @Nullable AclUser user,
      @Nullable AclUser defaultUser,
      AclRights rights,
      AclCategories categories,
      @Nullable Set<String> secretsElsewhere) {
    boolean open = defaultUser != null && defaultUser.isEnabled() && defaultUser.isOpen();
    if (user == null) {
      return new TenantAccess.Node(
          address,
          false,
          false,
          0,
          Set.of(),
          Set.of(),
          Set.of(),
          List.of("the user is not there"),
          open);
    }
    Set<String> commands = categories.allowed(user.rules());
    AclAudit audit = new AclAudit(rights);
    audit.check(user, commands);
    if (secretsElsewhere != null && !user.secrets().equals(secretsElsewhere)) {
      audit.differences.add("its secrets are not those of the other servers");
    }
    return new TenantAccess.Node(
        address,
        true,
        user.isEnabled(),
        user.secrets().size(),
        user.keys(),
        user.channels(),
        commands,
        audit.differences,
        open);
  }

  private void check(AclUser user, Set<String> commands) {
    note(!user.isEnabled(), "it is switched off");
    note(user.isOpen(), "it may log in with any secret");
    note(user.hasSelectors(), "it has selectors, which it should not");
    note(!user.isOpen() && user.secrets().isEmpty(), "it has no secret to log in with");
    compare("keys", rights.keys(), user.keys());
    compare("channels", rights.channels(), user.channels());
    compare("commands", rights.commands(), commands);
  }

  private void note(boolean differs, String text) {
    if (differs) {
      differences.add(text);
    }
  }

  private void compare(String what, Set<String> expected, Set<String> found) {
    Set<String> missing = new TreeSet<>(expected);
    missing.removeAll(found);
    note(!missing.isEmpty(), "it lacks " + what + " " + missing);
    Set<String> extra = new TreeSet<>(found);
    extra.removeAll(expected);
    note(!extra.isEmpty(), "it has " + what + " that it should not: " + extra);
  }
}

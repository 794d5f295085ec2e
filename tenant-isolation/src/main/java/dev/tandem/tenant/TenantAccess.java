package dev.tandem.tenant;

import java.util.List;
import java.util.Set;

/**
 * What the servers hold for the user of a tenant, and how that differs from what {@link TenantAcl}
 * gives it. Secrets are counted, never shown.
 *
 * <p>Thread safety: immutable.
 *
 * @param tenant the tenant
 * @param user the name of the user
 * @param nodes what each server holds, in the order of their addresses
 */
public record TenantAccess(Tenant tenant, String user, List<Node> nodes) {
  /** Copies the list. */
  public TenantAccess {
    nodes = List.copyOf(nodes);
  }

  /** Whether the user is there, on one server at least. */
  public boolean exists() {
    return nodes.stream().anyMatch(Node::exists);
  }

  /** Whether the user is on every server, and may do on each what it should and nothing else. */
  public boolean isAsItShouldBe() {
    return nodes.stream().allMatch(node -> node.exists() && node.differences().isEmpty());
  }

  /** The differences on all servers, each with the server's address. */
  public List<String> differences() {
    return nodes.stream()
        .flatMap(node -> node.differences().stream().map(each -> node.address() + ": " + each))
        .toList();
  }

  /**
   * What one server holds.
   *
   * @param address the server's address, without credentials
   * @param exists whether the user is there
   * @param enabled whether it may log in
   * @param secrets how many secrets it may log in with; two or more while a rotation lasts
   * @param keys the patterns of the keys that it may touch
   * @param channels the patterns of the channels that it may publish and subscribe to
   * @param commands the commands that it may call, such as {@code xadd} and {@code xgroup|create};
   *     {@code @all} stands for all
   * @param differences what is not as it should be, one sentence each
   * @param isDefaultUserOpen whether anybody may act as the server's user {@code default}: then
   *     this tenant may too, whatever its own user is allowed
   */
  public record Node(
      String address,
      boolean exists,
      boolean enabled,
      int secrets,
      Set<String> keys,
      Set<String> channels,
      Set<String> commands,
      List<String> differences,
      boolean isDefaultUserOpen) {
    /** Copies the collections. */
    public Node {
      keys = Set.copyOf(keys);
      channels = Set.copyOf(channels);
      commands = Set.copyOf(commands);
      differences = List.copyOf(differences);
    }
  }
}

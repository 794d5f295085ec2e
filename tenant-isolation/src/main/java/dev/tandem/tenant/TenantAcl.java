package dev.tandem.tenant;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.error.MessagingException;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.NodeReply;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.ServerFeature;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.Replies;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Gives each tenant a Redis user of its own, so that the server itself keeps tenants apart. Names
 * alone hold back programs that use these libraries; the user holds back any program that logs in
 * as it.
 *
 * <p><b>Guarantee.</b> A connection that is logged in as the user of a tenant can do all that these
 * libraries do for that tenant, but for what must look through the keys of the whole server or
 * administers users: the exports, {@link Offboarding}, {@link TenantScan} and the discovery of
 * tenants by it, {@link TenantKeys}, {@link dev.tandem.tenant.quota.TenantQuotas#usage} and this
 * class want an administrator's connection, and fail with {@link ErrorCode#ACCESS_DENIED} on the
 * tenant's. What the user may not do is refused by the server: calls fail with that code and name
 * the key, which holds the tenant; subscriptions fail so by their {@code active()}; workers,
 * projections, promoters and relays tell it by their health. The user reads, writes and lists no
 * key of another tenant, and hears and sends nothing on another's channels, whatever commands and
 * scripts it sends: acme reaches neither acme2 nor, in the other {@link KeyLayout}, {acme}. The
 * user is named like the tenant's prefix, {@code tenant:acme} or {@code tenant:{acme}}, and may
 *
 * <ul>
 *   <li>touch keys that match {@code tenant:acme:*}, in every database,
 *   <li>publish and subscribe to channels that match {@code tenant:acme:*} and to {@code
 *       tandem:probe:*}, by which a bus proves that its connection delivers,
 *   <li>call the commands that the libraries use, and no other: none that concerns the server,
 *       other clients or users, that lists keys or channels, or that loads scripts or functions.
 * </ul>
 *
 * <p><b>What this does not prevent.</b> The tenant may fill the memory and take the server's time
 * with scripts of its own ({@code EVAL} cannot be withheld from a library that sends scripts),
 * which its neighbours notice: quotas bind only who uses these libraries. Tenants that are not to
 * be trusted at all need a server of their own. It may hear and forge the probes of other buses,
 * which carry no data. It learns the server's version and clock and, on a Cluster, its topology.
 * Every connection may try to log in as another user: keep the user {@code default} off or under a
 * password ({@link #show} tells if it is not), since anybody, this tenant too, can become it
 * otherwise. Before Redis 6.2.7 a script can change what the scripts of others do (CVE-2022-24735).
 *
 * <p><b>Servers.</b> Users are told to each server by itself, since Redis does not replicate them:
 * to every node of a Cluster, replicas too, and to those added by {@link TenantAclBuilder#alsoOn}.
 * If one cannot be told, the others are nevertheless, and the call fails; it may be repeated. A
 * server that joins later, that the Cluster counts as failed at the time, or that restarts without
 * {@link TenantAclBuilder#saving}, has missed what it was not told: call again when it is there.
 *
 * <p><b>Rights.</b> The connection given here needs {@code acl} and {@code client|kill}; without
 * them calls fail with {@link ErrorCode#ACCESS_DENIED}. Every method throws {@link
 * MessagingException}s, which name the tenant and the server, never a secret.
 *
 * <p><b>Threads.</b> Calls run on the caller's thread and wait for all servers.
 *
 * <p>Thread safety: safe for use by many threads.
 */
public final class TenantAcl {
  /** The most secrets that a user may have at a time. */
  public static final int MOST_SECRETS = 8;

  private static final String NO_SUCH_USER = "No such user";

  private final RedisConnection redis;
  private final KeyLayout layout;
  private final AclServers servers;
  private final Set<String> channelPatterns;
  private final SecureRandom random;
  private final boolean saves;

  TenantAcl(TenantAclBuilder options) {
    redis = options.redis;
    layout = KeyLayout.of(redis);
    servers = new AclServers(options.servers);
    channelPatterns = Set.copyOf(options.channelPatterns);
    random = options.random;
    saves = options.saves;
  }

  /** The administration of the users of this server or Cluster, in the layout of its keys. */
  public static TenantAcl of(RedisConnection redis) {
    return builder(redis).build();
  }

  /** The same with everything that can be set. */
  public static TenantAclBuilder builder(RedisConnection redis) {
    return new TenantAclBuilder(redis);
  }

  /**
   * Creates the tenant's user with a new secret, as {@link #create(Tenant, String)} does.
   *
   * @return what to log in with; the secret is kept nowhere else
   */
  public TenantLogin create(Tenant tenant) {
    return create(TenantLogin.generate(user(tenant), random), tenant);
  }

  /**
   * Creates the tenant's user, or makes it again what it should be: its rights are those above and
   * this secret is its only one. Calling again changes nothing. Who is logged in stays so, and
   * without a break, also with a secret that is valid no longer; see {@link #disconnect}.
   *
   * @param secret {@value TenantLogin#MIN_SECRET} to {@value TenantLogin#MAX_SECRET} characters,
   *     none of them a control
   */
  public TenantLogin create(Tenant tenant, String secret) {
    return create(new TenantLogin(user(tenant), secret), tenant);
  }

  private TenantLogin create(TenantLogin login, Tenant tenant) {
    List<String> rules = new ArrayList<>(List.of("reset", "on", "#" + login.digest()));
    rules.addAll(rights(tenant).rules());
    set("create", tenant, rules);
    return login;
  }

  /** Adds a new secret, as {@link #rotate(Tenant, String)} does. */
  public TenantLogin rotate(Tenant tenant) {
    return rotate(TenantLogin.generate(user(tenant), random), tenant);
  }

  /**
   * Gives the user one more secret; those that it had stay valid until {@link #retireOthers}, so
   * that programs can change over one by one. Also makes its rights again what they should be, and
   * creates it where it is missing. Calling again with the same secret changes nothing.
   *
   * @throws InvalidValueException if it has {@value #MOST_SECRETS} secrets already
   */
  public TenantLogin rotate(Tenant tenant, String secret) {
    return rotate(new TenantLogin(user(tenant), secret), tenant);
  }

  private TenantLogin rotate(TenantLogin login, Tenant tenant) {
    boolean hasSelectors = false;
    for (AclUser user : users("rotate the secret of", tenant, login.user()).values()) {
      if (user != null) {
        Set<String> secrets = new TreeSet<>(user.secrets());
        secrets.add(login.digest());
        Require.inRange("secrets of tenant " + tenant, secrets.size(), 1, MOST_SECRETS);
        hasSelectors |= user.hasSelectors();
      }
    }
    List<String> rules = new ArrayList<>(List.of("on", "#" + login.digest()));
    if (hasSelectors) {
      rules.add("clearselectors");
    }
    rules.addAll(rights(tenant).rules());
    set("rotate the secret of", tenant, rules);
    return login;
  }

  /**
   * Ends a rotation: from now on this is the user's only secret. Who logged in with another one
   * stays connected; see {@link #disconnect}.
   *
   * @throws InvalidValueException if the user does not have this secret on every server; then
   *     nothing is changed
   */
  public void retireOthers(Tenant tenant, String secret) {
    TenantLogin keep = new TenantLogin(user(tenant), secret);
    String purpose = "retire secrets of";
    users(purpose, tenant, keep.user())
        .forEach(
            (node, user) -> {
              if (user == null || !user.secrets().contains(keep.digest())) {
                throw new InvalidValueException(
                    "secret to keep", "another", "must be one that the user has on " + node);
              }
            });
    set(purpose, tenant, List.of("resetpass", "#" + keep.digest()));
  }

  /** What the servers hold for the tenant's user, and how that differs from what they should. */
  public TenantAccess show(Tenant tenant) {
    String name = user(tenant);
    Map<String, @Nullable AclUser> users = users("show", tenant, name);
    Map<String, @Nullable AclUser> defaults = users("show", tenant, "default");
    AclCategories categories = new AclCategories(this::category);
    AclRights rights = rights(tenant);
    Set<String> secrets = null;
    List<TenantAccess.Node> nodes = new ArrayList<>();
    for (Map.Entry<String, @Nullable AclUser> each : users.entrySet()) {
      AclUser user = each.getValue();
      AclUser byDefault = defaults.get(each.getKey());
      nodes.add(AclAudit.of(each.getKey(), user, byDefault, rights, categories, secrets));
      secrets = secrets == null && user != null ? user.secrets() : secrets;
    }
    return new TenantAccess(tenant, name, nodes);
  }

  /** The tenants that have a user in this layout, on one server at least, in the order of names. */
  public List<Tenant> tenants() {
    Set<String> names = new TreeSet<>();
    for (NodeReply each : servers.ask(List.of("ACL", "USERS"))) {
      Replies.list(Replies.orThrow(each.reply())).forEach(name -> names.add(Replies.text(name)));
    }
    List<Tenant> tenants = new ArrayList<>();
    for (String name : names) {
      Tenant tenant = layout.tenantOf(name);
      if (tenant != null) {
        tenants.add(tenant);
      }
    }
    return List.copyOf(tenants);
  }

  /**
   * Closes all connections that are logged in as the tenant's user. They may log in again, unless
   * their secret was retired.
   *
   * @return how many there were
   */
  public long disconnect(Tenant tenant) {
    List<NodeReply> replies = servers.ask(List.of("CLIENT", "KILL", "USER", user(tenant)));
    List<NodeReply> failed = new ArrayList<>();
    long closed = 0;
    for (NodeReply each : replies) {
      MessagingException error = each.error();
      if (error == null) {
        closed += Replies.number(each.reply());
      } else if (!String.valueOf(error.getMessage()).contains(NO_SUCH_USER)) {
        failed.add(each);
      }
    }
    if (!failed.isEmpty()) {
      throw AclServers.failure("disconnect", tenant, failed, replies.size());
    }
    return closed;
  }

  /**
   * Removes the tenant's user and closes all connections that are logged in as it. The tenant's
   * data stays.
   *
   * @return whether there was such a user, on one server at least
   */
  public boolean remove(Tenant tenant) {
    long removed = 0;
    for (NodeReply each : servers.all("remove", tenant, List.of("ACL", "DELUSER", user(tenant)))) {
      removed += Replies.number(each.reply());
    }
    save("remove", tenant);
    return removed > 0;
  }

  private AclRights rights(Tenant tenant) {
    return AclRights.of(
        layout,
        tenant,
        channelPatterns,
        redis.isCluster(),
        redis.capabilities().has(ServerFeature.CLIENT_INFO));
  }

  private String user(Tenant tenant) {
    return layout.prefix(Require.notNull("tenant", tenant));
  }

  private void set(String purpose, Tenant tenant, List<String> rules) {
    List<String> command = new ArrayList<>(List.of("ACL", "SETUSER", user(tenant)));
    command.addAll(rules);
    servers.all(purpose, tenant, command);
    save(purpose, tenant);
  }

  private void save(String purpose, Tenant tenant) {
    if (saves) {
      servers.all(purpose + " and save", tenant, List.of("ACL", "SAVE"));
    }
  }

  private Map<String, @Nullable AclUser> users(String purpose, Tenant tenant, String name) {
    Map<String, @Nullable AclUser> users = new LinkedHashMap<>();
    for (NodeReply each : servers.all(purpose, tenant, List.of("ACL", "GETUSER", name))) {
      users.put(each.node(), AclUser.read(each.reply()));
    }
    return users;
  }

  private Set<String> category(String name) {
    Set<String> commands = new TreeSet<>();
    Command command = Command.of("ACL").arg("CAT").arg(name).repeatable();
    Replies.list(redis.commands().execute(command))
        .forEach(each -> commands.add(Replies.text(each)));
    return commands;
  }
}

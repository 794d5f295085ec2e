package dev.tandem.streams.internal.group;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.CommandExecutor;
import dev.tandem.redis.command.Replies;
import dev.tandem.redis.command.Script;
import dev.tandem.streams.ModuleScripts;
import dev.tandem.streams.StartPosition;
import dev.tandem.streams.internal.entry.EntryId;
import dev.tandem.streams.internal.entry.RawEntry;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A member of the group {@code g} of {@code orders} that does only what it is told to. */
final class ToldMember implements Admission, Standing {
  static final Duration LEASE = Duration.ofMinutes(1);

  final GroupStream stream;
  private final String name;
  private final GroupCommands commands;
  private final LeaseCommands leases;
  private final ClaimCommands claims;
  private CommandExecutor executor;
  private final LeaseRegistry registry = new LeaseRegistry(() -> {});
  private final GroupSetup setup;

  ToldMember(RedisConnection redis, Tenant tenant, String name, StartPosition start) {
    this(redis, tenant, name, start, LEASE);
  }

  ToldMember(
      RedisConnection redis, Tenant tenant, String name, StartPosition start, Duration lease) {
    this.name = name;
    stream =
        new GroupStream(
            tenant,
            KeyLayout.plain().stream(tenant, "orders").group("g"),
            new Counters(new MetricRegistry(), "orders", "g"));
    executor = redis.commands();
    commands = new GroupCommands(name);
    leases = new LeaseCommands(name);
    claims = new ClaimCommands(name);
    MemberSettings settings = new MemberSettings(redis, "g", name, lease, start, new Random(1));
    setup = new GroupSetup(new Membership(settings, registry, this), this);
  }

  @Override
  public <R> R exclusively(Supplier<R> asking) {
    return asking.get();
  }

  @Override
  public void admit(GroupStream from, ClaimCommands.Taken taken, long confirmedNanos) {
    throw new AssertionError("nothing was lost on its way");
  }

  @Override
  public void proven() {}

  @Override
  public void groupMissing(GroupStream missing) {}

  @Override
  public void unaccounted(GroupStream of) {}

  @Override
  public void fatal(Throwable error) {
    throw new AssertionError(error);
  }

  ToldMember establish() {
    return establish(executor);
  }

  ToldMember establish(CommandExecutor over) {
    setup.establish(over, stream);
    return this;
  }

  /** Has something done right before the next call of this script. */
  void before(String resource, Runnable task) {
    String digest = ModuleScripts.of(resource).sha1();
    List<Runnable> tasks = new ArrayList<>(List.of(task));
    CommandExecutor usual = executor;
    executor =
        new CommandExecutor() {
          @Override
          public @Nullable Object execute(Command command) {
            Script script = command.script();
            if (script != null && script.sha1().equals(digest) && !tasks.isEmpty()) {
              tasks.remove(0).run();
            }
            return usual.execute(command);
          }

          @Override
          public List<@Nullable Object> executeAll(List<Command> commands) {
            return usual.executeAll(commands);
          }
        };
  }

  /** Looks at the group, as members do regularly. */
  void look() {
    look(LEASE);
  }

  /** Looks at the group as if all others had been silent for a lease time. */
  void lookLater() {
    look(Duration.ZERO);
  }

  /** Has handled what it holds; whether each is settled by that, in the order of the ids. */
  List<Boolean> settle() {
    Object reply = executor.execute(commands.settle(stream, held()));
    return Replies.list(reply).stream().map(code -> Replies.number(code) == 1).toList();
  }

  /** Has failed to handle what it holds; what came of it in the order of the ids. */
  List<Long> bury() {
    return held().stream()
        .map(lease -> executor.execute(leases.bury(lease, "REJECTED", "")))
        .map(Replies::number)
        .toList();
  }

  private List<Lease> held() {
    return registry.of(stream).stream().sorted(Comparator.comparing(Lease::id)).toList();
  }

  /** Takes what is due. */
  void promote() {
    assertThat(claims.promote(executor, stream, 100).failure()).isEmpty();
  }

  private void look(Duration lease) {
    Command look = commands.look(stream, lease, Duration.ZERO, LEASE);
    GroupView view = Objects.requireNonNull(GroupView.of(executor.execute(look)));
    stream.memory().looked(view.knownUpTo(), view.othersHeld());
    stream.advance(view.position());
  }

  /** Has read these just now and holds them. */
  void holds(List<String> ids) {
    List<EntryId> read = ids.stream().map(EntryId::parse).toList();
    EntryId last = read.get(read.size() - 1);
    stream.memory().read(read.get(0), last);
    stream.advance(last);
    read.forEach(id -> registry.add(new Lease(stream, new RawEntry(id, List.of()), 1, 0)));
  }

  String name() {
    return name;
  }
}

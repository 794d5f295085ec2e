package dev.tandem.pubsub.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.api.error.ErrorCode;
import dev.tandem.api.error.ServerErrorException;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class AskedNamesTest {
  private static final RedisKey A = RedisKey.of("a");
  private static final RedisKey B = RedisKey.of("b");

  private final AskedNames names = new AskedNames();

  private static List<String> sent(List<AskedNames.Request> requests) {
    return requests.stream()
        .map(
            request ->
                (request.subscribes() ? "+" : "-")
                    + String.join(",", request.names().stream().map(RedisKey::text).toList()))
        .toList();
  }

  @Test
  void anOldConfirmationDoesNotConfirmWhatWasAskedForAgain() {
    assertThat(sent(names.change(Set.of(A)))).containsExactly("+a");
    assertThat(sent(names.change(Set.of()))).containsExactly("-a");
    assertThat(sent(names.change(Set.of(A)))).containsExactly("+a");

    assertThat(names.confirm(A)).as("this one is of the first time").isFalse();
    assertThat(names.confirmedOf(Set.of(A))).isEmpty();
    assertThat(names.confirm(A)).isTrue();
    assertThat(names.confirmedOf(Set.of(A))).containsExactly(A);
    assertThat(names.confirm(A)).as("one too many").isFalse();
  }

  @Test
  void whatIsNotWantedAnyMoreIsNotConfirmed() {
    names.change(Set.of(A, B));
    names.change(Set.of(B));
    assertThat(names.confirm(A)).isFalse();
    assertThat(names.confirm(B)).isTrue();
    assertThat(sent(names.change(Set.of(A, B)))).containsExactly("+a");
  }

  /** A server that answers late, refuses commands with forbidden names, and knows its channels. */
  private final class Server {
    final Queue<AskedNames.Request> wire = new ArrayDeque<>();
    final Set<RedisKey> subscribed = new HashSet<>();
    final Set<RedisKey> forbidden = new HashSet<>();

    void answer() {
      AskedNames.Request next = wire.remove();
      if (!next.subscribes()) {
        subscribed.removeAll(Set.copyOf(next.names()));
      } else if (next.names().stream().anyMatch(forbidden::contains)) {
        names.refuse(
            next.names(), new ServerErrorException(ErrorCode.ACCESS_DENIED, false, "no", null));
      } else {
        for (RedisKey name : next.names()) {
          subscribed.add(name);
          boolean confirmed = names.confirm(name);
          boolean pending = wire.stream().anyMatch(later -> later.names().contains(name));
          assertThat(confirmed && pending).as("%s while more is under way", name).isFalse();
        }
      }
    }
  }

  /** Those of the second that the first does not have. */
  private static Set<RedisKey> missing(Set<RedisKey> first, Set<RedisKey> second) {
    Set<RedisKey> left = new HashSet<>(second);
    left.removeAll(first);
    return left;
  }

  @RepeatedTest(20)
  void inTheEndTheServerHasWhatIsWantedAndAllowed() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Server server = new Server();
    List<RedisKey> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      all.add(RedisKey.of("c" + i));
    }
    Set<RedisKey> wanted = new HashSet<>();
    Set<RedisKey> before = new HashSet<>();
    for (int round = 0; round < 2_000; round++) {
      RedisKey name = all.get(random.nextInt(all.size()));
      switch (random.nextInt(8)) {
        case 0, 1 -> wanted.addAll(all.subList(random.nextInt(20), 20 + random.nextInt(20)));
        case 2 -> wanted.remove(name);
        case 3 -> {
          server.wire.addAll(
              random.nextBoolean()
                  ? names.change(wanted)
                  : names.change(missing(before, wanted), missing(wanted, before)));
          before = new HashSet<>(wanted);
        }
        case 4 -> {
          if (!server.subscribed.contains(name)) {
            server.forbidden.add(name); // who is subscribed would be cut off instead
          }
        }
        case 5 -> server.forbidden.remove(name);
        default -> {
          if (!server.wire.isEmpty()) {
            server.answer();
          }
        }
      }
    }
    for (int i = 0; i < 20; i++) {
      server.wire.addAll(names.change(wanted));
      server.wire.addAll(names.askForbidden());
      while (!server.wire.isEmpty()) {
        server.answer();
      }
    }
    Set<RedisKey> expected = new HashSet<>(wanted);
    expected.removeAll(server.forbidden);
    Set<RedisKey> refused = new HashSet<>(wanted);
    refused.retainAll(server.forbidden);
    assertThat(server.subscribed).as("seed %d", seed).isEqualTo(expected);
    assertThat(names.confirmedOf(all)).as("seed %d", seed).hasSameElementsAs(expected);
    assertThat(names.forbidden()).as("seed %d", seed).isEqualTo(refused.size());
  }

  @Test
  void theForbiddenOneIsFoundWithFewCommands() {
    Server server = new Server();
    Set<RedisKey> wanted = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      wanted.add(RedisKey.of("c" + i));
    }
    server.forbidden.add(RedisKey.of("c123"));
    int commands = 0;
    server.wire.addAll(names.change(wanted));
    assertThat(server.wire).hasSize(2);
    while (!server.wire.isEmpty()) {
      commands++;
      server.answer();
      server.wire.addAll(names.change(wanted));
    }
    assertThat(server.subscribed).hasSize(999);
    assertThat(names.forbidden()).isEqualTo(1);
    assertThat(commands).isLessThanOrEqualTo(2 + 2 * 9);
  }
}

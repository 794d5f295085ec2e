package dev.tandem.examples.soak.hybrid;

import dev.tandem.api.Position;
import dev.tandem.examples.soak.hybrid.HybridScenery.Pair;
import dev.tandem.tenant.ChannelKeys;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What the server has, asked without any part that is under test. */
final class ServerView {
  private static final int PAGE = 1_000;

  private final RedisServer server;
  private final KeyLayout keys;
  private final ObjectMapper json = new ObjectMapper();

  ServerView(RedisServer server, KeyLayout keys) {
    this.server = server;
    this.keys = keys;
  }

  /** Whether each payment has its receipt. */
  boolean isAllHandled() {
    for (Tenant tenant : HybridScenery.TENANTS) {
      if (length(tenant, HybridScenery.PAYMENTS) != length(tenant, HybridScenery.RECEIPTS)) {
        return false;
      }
    }
    return true;
  }

  private long length(Tenant tenant, Pair pair) {
    return number(server.execute("XLEN", streamKey(tenant, pair)));
  }

  /** The version at which a channel stands; 0 if there is none. */
  long top(int tenant, int pair) {
    return number(server.execute("HGET", channel(tenant, pair).meta().text(), "version"));
  }

  /** Shows the checker everything. */
  void show(HybridChecker checker) {
    for (int tenant = 0; tenant < HybridScenery.TENANTS.size(); tenant++) {
      for (int pair = 0; pair < HybridScenery.PAIRS.size(); pair++) {
        showEntries(checker, tenant, pair);
        showStored(checker, tenant, pair);
        checker.top(tenant, pair, top(tenant, pair));
      }
      Tenant its = HybridScenery.TENANTS.get(tenant);
      String state = keys.state(its, HybridScenery.STATE).text();
      checker.counted(tenant, number(server.execute("HGET", state, HybridScenery.HANDLED)));
    }
    for (Object key : list(server.execute("KEYS", "*"))) {
      if (HybridScenery.TENANTS.stream()
          .noneMatch(tenant -> key.toString().startsWith(prefix(tenant)))) {
        checker.strangeKey(key.toString());
      }
    }
  }

  private String prefix(Tenant tenant) {
    String state = keys.state(tenant, HybridScenery.STATE).text();
    return state.substring(
        0, state.indexOf(':' + tenant.name() + ':') + tenant.name().length() + 2);
  }

  private void showEntries(HybridChecker checker, int tenant, int pair) {
    Pair its = HybridScenery.PAIRS.get(pair);
    String stream = streamKey(HybridScenery.TENANTS.get(tenant), its);
    String from = "-";
    List<?> page;
    do {
      page = list(server.execute("XRANGE", stream, from, "+", "COUNT", Integer.toString(PAGE)));
      for (Object row : page) {
        String id = list(row).get(0).toString();
        Map<String, String> fields = new HashMap<>();
        List<?> flat = list(list(row).get(1));
        for (int i = 0; i < flat.size(); i += 2) {
          fields.put(flat.get(i).toString(), flat.get(i + 1).toString());
        }
        String position = fields.getOrDefault("positions", "");
        String payload = fields.getOrDefault("data", "");
        checker.entry(tenant, pair, id, payload, position(its, position));
        from = "(" + id;
      }
    } while (page.size() == PAGE);
  }

  private static @Nullable Position position(Pair pair, String text) {
    String[] parts = text.split(":", -1);
    try {
      return parts.length == 4 && parts[0].equals(pair.channel().name())
          ? new Position(parts[1], Long.parseLong(parts[2]), parts[3])
          : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private void showStored(HybridChecker checker, int tenant, int pair) {
    String buffer = channel(tenant, pair).buffer().text();
    List<?> page;
    String from = "-";
    while (true) {
      page = list(server.execute("XRANGE", buffer, from, "+", "COUNT", Integer.toString(PAGE)));
      for (Object entry : page) {
        from = "(" + list(entry).get(0);
        JsonNode frame = json.readTree(String.valueOf(list(list(entry).get(1)).get(1)));
        long version = frame.path("version").asLong();
        for (int i = 0; i < frame.path("messages").size(); i++) {
          String id = frame.path("ids").path(i).asString();
          String payload = frame.path("messages").path(i).path("data").asString();
          checker.stored(tenant, pair, version + i, id, payload);
        }
      }
      if (page.size() < PAGE) {
        return;
      }
    }
  }

  private String streamKey(Tenant tenant, Pair pair) {
    return keys.stream(tenant, pair.topic().name()).stream().text();
  }

  private ChannelKeys channel(int tenant, int pair) {
    return keys.channel(
        HybridScenery.TENANTS.get(tenant), HybridScenery.PAIRS.get(pair).channel().name());
  }

  private static long number(@Nullable Object reply) {
    return reply == null ? 0 : Long.parseLong(reply.toString());
  }

  private static List<?> list(@Nullable Object reply) {
    return (List<?>) Objects.requireNonNull(reply);
  }
}

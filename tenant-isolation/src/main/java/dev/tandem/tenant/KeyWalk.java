package dev.tandem.tenant;

import dev.tandem.api.error.InvalidValueException;
import dev.tandem.api.export.ExportPage;
import dev.tandem.api.export.internal.ExportCursor;
import dev.tandem.api.internal.Require;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goes through keys of a tenant page by page, for exports: kinds in a given order, keys of a kind
 * in the order of their names, what a key holds in the order of its {@link Reader}. Remembers up to
 * {@value #WINDOW} names; everything else is in the cursor.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
public final class KeyWalk {
  /** How many names are remembered: {@value}. */
  static final int WINDOW = 10_000;

  private static final int MOST_READS = 100;
  private static final int FIRST_READ = 16;
  private static final int READ_CHARACTERS = 1 << 20;
  private static final int PAGE_CHARACTERS = 4 << 20;

  /** Reads what a key holds. */
  @FunctionalInterface
  public interface Reader {
    /**
     * The next lines.
     *
     * @param after where the part before ended; empty at the first
     * @param until where the export of the key ends, as the first part said; empty before
     * @param limit the most lines
     */
    Part read(TenantKey key, String after, String until, int limit);
  }

  /**
   * A part of what a key holds.
   *
   * @param lines the lines, may be none
   * @param after where the part ends
   * @param until where the export of the key ends
   * @param isLast whether there are no more of this key
   */
  public record Part(List<String> lines, String after, String until, boolean isLast) {
    /** Copies the list. */
    public Part {
      lines = List.copyOf(lines);
    }

    /** Nothing, and no more. */
    public static Part none() {
      return new Part(List.of(), "", "", true);
    }
  }

  private final Tenant tenant;
  private final TenantKeys keys;
  private final List<Set<KeyKind>> phases;
  private final Reader reader;
  private List<TenantKey> window = List.of();
  private int windowPhase = -1;
  private @Nullable RedisKey windowAfter;
  private int readSize = FIRST_READ;

  /**
   * A walk.
   *
   * @param phases the kinds, those that come first first
   */
  public KeyWalk(RedisConnection redis, Tenant tenant, List<Set<KeyKind>> phases, Reader reader) {
    this.tenant = Require.notNull("tenant", tenant);
    this.keys = TenantKeys.of(redis);
    this.phases = List.copyOf(phases);
    this.reader = reader;
  }

  /**
   * The page behind a cursor.
   *
   * @param token null for the first
   * @param limit the most lines; about 4 MiB end a page too
   * @throws InvalidValueException if the cursor is none, or of another tenant or export
   */
  public ExportPage page(@Nullable String token, int limit) {
    ExportCursor at = ExportCursor.parse(token);
    TenantKey current = at.key().isEmpty() ? null : keyAt(at);
    List<String> lines = new ArrayList<>();
    int characters = 0;
    for (int i = 0; i < MOST_READS && lines.size() < limit && characters < PAGE_CHARACTERS; i++) {
      if (current == null || at.isDone()) {
        TenantKey next = next(current);
        if (next == null) {
          return new ExportPage(lines, at.token(), true);
        }
        current = next;
        at = new ExportCursor(current.key().text(), "", "");
      }
      int most = Math.min(readSize, limit - lines.size());
      Part part = reader.read(current, at.after(), at.until(), most);
      lines.addAll(part.lines());
      characters += learn(part.lines());
      String name = current.key().text();
      at =
          part.isLast()
              ? ExportCursor.behind(name)
              : new ExportCursor(name, part.after(), part.until());
    }
    return new ExportPage(lines, at.token(), false);
  }

  private int learn(List<String> lines) {
    int characters = lines.stream().mapToInt(String::length).sum();
    if (!lines.isEmpty()) {
      readSize = Math.max(1, READ_CHARACTERS / (characters / lines.size() + 1));
    }
    return characters;
  }

  private TenantKey keyAt(ExportCursor at) {
    TenantKey key = keys.read(tenant, RedisKey.of(at.key()));
    if (key == null || phase(key) < 0) {
      throw new InvalidValueException(
          "export cursor", at.token(), "must be of an export of this kind, of tenant " + tenant);
    }
    return key;
  }

  private int phase(TenantKey key) {
    for (int i = 0; i < phases.size(); i++) {
      if (phases.get(i).contains(key.kind())) {
        return i;
      }
    }
    return -1;
  }

  private @Nullable TenantKey next(@Nullable TenantKey current) {
    RedisKey after = current == null ? null : current.key();
    for (int phase = current == null ? 0 : phase(current); phase < phases.size(); phase++) {
      TenantKey next = firstBehind(phase, after);
      if (next != null) {
        return next;
      }
      after = null;
    }
    return null;
  }

  /** By the names that are remembered if they begin before it, otherwise by new ones. */
  private @Nullable TenantKey firstBehind(int phase, @Nullable RedisKey after) {
    if (after != null && phase == windowPhase && covers(after)) {
      TenantKey found = behind(after);
      if (found != null || window.size() < WINDOW) {
        return found;
      }
    }
    window = keys.list(tenant, phases.get(phase), after, WINDOW);
    windowPhase = phase;
    windowAfter = after;
    return window.isEmpty() ? null : window.get(0);
  }

  private boolean covers(RedisKey after) {
    return windowAfter == null || compare(windowAfter, after) <= 0;
  }

  private @Nullable TenantKey behind(RedisKey after) {
    int low = 0;
    int high = window.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (compare(window.get(middle).key(), after) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < window.size() ? window.get(low) : null;
  }

  private static int compare(RedisKey one, RedisKey two) {
    return Arrays.compareUnsigned(one.bytes(), two.bytes());
  }
}

package dev.tandem.streams.internal.wire;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.RedisConnection;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sends commands of any keys in as few pipelines as the server allows. */
public final class Pipelines {
  private Pipelines() {}

  /**
   * Sends all, one pipeline for each slot on a Cluster and a single one elsewhere. Commands for the
   * same slot run in order. Gives a reply for each command, or the {@link MessagingException} that
   * says what became of it; throws nothing for them.
   */
  public static List<@Nullable Object> executeAll(RedisConnection redis, List<Command> commands) {
    if (!redis.isCluster()) {
      return pipeline(redis, commands);
    }
    Map<Integer, List<Integer>> bySlot = new LinkedHashMap<>();
    for (int i = 0; i < commands.size(); i++) {
      RedisKey key = commands.get(i).routingKey();
      bySlot.computeIfAbsent(key == null ? -1 : key.slot(), slot -> new ArrayList<>()).add(i);
    }
    List<@Nullable Object> replies = new ArrayList<>(Collections.nCopies(commands.size(), null));
    for (List<Integer> places : bySlot.values()) {
      List<@Nullable Object> some = pipeline(redis, places.stream().map(commands::get).toList());
      for (int i = 0; i < places.size(); i++) {
        replies.set(places.get(i), some.get(i));
      }
    }
    return replies;
  }

  private static List<@Nullable Object> pipeline(RedisConnection redis, List<Command> commands) {
    try {
      return redis.commands().executeAll(commands);
    } catch (MessagingException nothingSent) {
      return new ArrayList<>(Collections.nCopies(commands.size(), nothingSent));
    }
  }
}

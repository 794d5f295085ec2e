package dev.tandem.redis.internal;

import dev.tandem.api.error.MessagingException;
import dev.tandem.redis.command.Command;
import dev.tandem.redis.command.RedisKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a pipeline for a Cluster into one for each slot. Commands of one slot keep their order; a
 * command without a key stays with the one before it, or with the first that has a key.
 */
final class BySlot {
  private static final int ANY_SLOT = 0;

  private BySlot() {}

  /**
   * Runs one pipeline after the other, each even if an earlier one failed.
   *
   * @param pipeline sends commands of one slot; throws if it sent nothing
   * @return a reply for each command, in the order of the commands, with what a pipeline threw in
   *     place of the replies to its commands
   * @throws MessagingException what the first pipeline threw, if every one threw
   */
  static List<@Nullable Object> run(
      List<Command> commands, Function<List<Command>, List<@Nullable Object>> pipeline) {
    Collection<List<Integer>> groups = placesBySlot(commands);
    if (groups.size() == 1) {
      return pipeline.apply(commands);
    }
    @Nullable Object[] replies = new @Nullable Object[commands.size()];
    MessagingException failure = null;
    boolean nothingSent = true;
    for (List<Integer> places : groups) {
      try {
        List<@Nullable Object> some = pipeline.apply(places.stream().map(commands::get).toList());
        for (int i = 0; i < places.size(); i++) {
          replies[places.get(i)] = some.get(i);
        }
        nothingSent = false;
      } catch (MessagingException e) {
        places.forEach(place -> replies[place] = e);
        failure = failure == null ? e : failure;
      }
    }
    if (nothingSent && failure != null) {
      throw failure;
    }
    return Arrays.asList(replies);
  }

  private static Collection<List<Integer>> placesBySlot(List<Command> commands) {
    Map<Integer, List<Integer>> places = new LinkedHashMap<>();
    int slot = firstSlot(commands);
    for (int i = 0; i < commands.size(); i++) {
      RedisKey key = commands.get(i).routingKey();
      slot = key == null ? slot : key.slot();
      places.computeIfAbsent(slot, none -> new ArrayList<>()).add(i);
    }
    return places.values();
  }

  private static int firstSlot(List<Command> commands) {
    for (Command command : commands) {
      RedisKey key = command.routingKey();
      if (key != null) {
        return key.slot();
      }
    }
    return ANY_SLOT;
  }
}

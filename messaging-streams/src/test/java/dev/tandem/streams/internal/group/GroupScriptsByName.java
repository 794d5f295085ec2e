package dev.tandem.streams.internal.group;

import dev.tandem.redis.command.Script;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.TreeMap;

/** The scripts of a group by name, so that a test can be sure to have met each of them. */
public final class GroupScriptsByName {
  private GroupScriptsByName() {}

  /** All of them under names like {@code SWEEP}. */
  public static Map<String, Script> all() {
    Map<String, Script> all = new TreeMap<>();
    for (Field field : GroupScripts.class.getDeclaredFields()) {
      if (field.getType() == Script.class) {
        try {
          all.put(field.getName(), (Script) field.get(null));
        } catch (IllegalAccessException e) {
          throw new AssertionError(e);
        }
      }
    }
    return all;
  }
}

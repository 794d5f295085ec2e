package dev.tandem.streams.internal.transaction;

import dev.tandem.api.error.StreamFullException;
import dev.tandem.redis.command.RedisKey;
import dev.tandem.streams.StreamTopic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the outputs of a transaction need in streams that are bounded. For one thread. */
final class Rooms {
  private final Map<String, Room> all = new LinkedHashMap<>();

  private static final class Room {
    final RedisKey stream;
    final String topic;
    int outputs;
    long most;

    Room(RedisKey stream, String topic) {
      this.stream = stream;
      this.topic = topic;
    }
  }

  /** One more output; the smallest bound counts that a topic of the stream was given. */
  void add(RedisKey stream, StreamTopic<?> topic) {
    Room room = all.computeIfAbsent(topic.name(), name -> new Room(stream, name));
    room.outputs++;
    if (topic.bound() > 0) {
      room.most = room.most == 0 ? topic.bound() : Math.min(room.most, topic.bound());
    }
  }

  /** Adds the operations that look whether there is room. */
  void addTo(Operations operations) {
    int number = 0;
    for (Room room : all.values()) {
      number++;
      if (room.most > 0) {
        operations.add(
            Operation.of(
                Operation.ROOM,
                room.stream,
                Integer.toString(room.outputs),
                Long.toString(room.most),
                Integer.toString(number)));
      }
    }
  }

  /** Why nothing was committed. */
  StreamFullException full(String tenant, int number, long length) {
    List<Room> rooms = new ArrayList<>(all.values());
    Room room = rooms.get(number - 1);
    return new StreamFullException(tenant, room.topic, length, room.most);
  }
}

package dev.tandem.benchmarks.live;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What belongs to which channel; filled first, then asked. */
final class ByChannel<T> {
  private final Map<ByteBuffer, List<T>> all = new HashMap<>();

  void add(byte[] channel, T one) {
    all.computeIfAbsent(ByteBuffer.wrap(channel), name -> new ArrayList<>()).add(one);
  }

  List<T> of(byte[] channel) {
    return all.getOrDefault(ByteBuffer.wrap(channel), List.of());
  }
}

package dev.tandem.streams.internal.produce;

import dev.tandem.redis.command.Command;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes to the server in one piece.
 *
 * @param alone entries that are appended by an XADD each
 * @param calls of lanes, behind them
 */
record Round(List<Outgoing> alone, List<Call> calls, long startNanos) {
  List<Command> commands(@Nullable Memory memory) {
    List<Command> commands = new ArrayList<>(alone.size() + calls.size());
    alone.forEach(entry -> commands.add(entry.append()));
    calls.forEach(call -> commands.add(call.command(memory)));
    return commands;
  }

  int entries() {
    int entries = alone.size();
    for (Call call : calls) {
      entries += call.frame().entries().size();
    }
    return entries;
  }
}

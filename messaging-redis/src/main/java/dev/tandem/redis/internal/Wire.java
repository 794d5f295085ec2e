package dev.tandem.redis.internal;

import java.util.Iterator;
import java.util.List;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.args.Rawable;

/**
 * Commands in the form that a Jedis connection writes: one after the other by the same object,
 * since Jedis' own would take several lists for each command.
 *
 * <p>Thread safety: not safe for use by many threads.
 */
final class Wire extends CommandArguments {
  private List<Rawable> carried = List.of();

  Wire() {
    super(Protocol.Command.PING); // never sent
  }

  /** This, with the given command in place of the one before. */
  Wire carrying(List<Rawable> command) {
    carried = command;
    return this;
  }

  @Override
  public int size() {
    return carried.size();
  }

  @Override
  public Rawable get(int index) {
    return carried.get(index);
  }

  @Override
  public Iterator<Rawable> iterator() {
    return carried.iterator();
  }
}

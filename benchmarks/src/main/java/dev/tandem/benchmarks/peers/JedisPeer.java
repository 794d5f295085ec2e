package dev.tandem.benchmarks.peers;

import java.util.function.ObjIntConsumer;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/**
 * How Jedis is used here by hand: a connection for each thread, the many commands of a thread in
 * pipelines ("Pipelines and transactions" in its guide), and many ids in one command where there is
 * one that takes them. Redis' own page on pipelining advises batches of "a reasonable number" and
 * names 10,000; here {@value #BATCH}, about as many as with the other clients.
 */
public final class JedisPeer {
  /** Messages in a pipeline. */
  public static final int BATCH = 1_024;

  private JedisPeer() {}

  /** Calls a command, or several, for so many messages in pipelines; told each one's number. */
  public static void inPipelines(
      Jedis jedis, int messages, int batch, ObjIntConsumer<Pipeline> command) {
    int called = 0;
    while (called < messages) {
      try (Pipeline pipeline = jedis.pipelined()) {
        int until = Math.min(messages, called + batch);
        for (; called < until; called++) {
          command.accept(pipeline, called);
        }
        pipeline.sync();
      }
    }
  }
}

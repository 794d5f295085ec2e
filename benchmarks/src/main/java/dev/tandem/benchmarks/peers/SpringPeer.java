package dev.tandem.benchmarks.peers;

import io.lettuce.core.api.StatefulConnection;
import java.net.URI;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnection.PipeliningFlushPolicy;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * How Spring Data Redis is used here: over Lettuce, its default driver, with a pool for what needs
 * a connection of its own ("Drivers", Lettuce; without one each blocking read would connect anew),
 * with serializers for bytes that are bytes already, and with {@code executePipelined} and a flush
 * at the end of each pipeline for many commands ("Pipelining" in its reference, which names no size
 * for one; {@value #BATCH} is the most that Lettuce's does). It waits for each pipeline: the
 * template has no other way.
 */
public final class SpringPeer {
  /** Commands in a pipeline. */
  public static final int BATCH = 1_000;

  private static final int MOST_CONNECTIONS = 32;

  private SpringPeer() {}

  /** Connections, to be ended with {@link LettuceConnectionFactory#destroy()}. */
  public static LettuceConnectionFactory open(URI url) {
    GenericObjectPoolConfig<StatefulConnection<?, ?>> pool = new GenericObjectPoolConfig<>();
    pool.setMaxTotal(MOST_CONNECTIONS);
    pool.setMaxIdle(MOST_CONNECTIONS);
    pool.setJmxEnabled(false);
    LettuceConnectionFactory factory =
        new LettuceConnectionFactory(
            LettuceConnectionFactory.createRedisConfiguration(url.toString()),
            LettucePoolingClientConfiguration.builder()
                .poolConfig(pool)
                .shutdownTimeout(Duration.ofSeconds(5))
                .build());
    factory.setPipeliningFlushPolicy(PipeliningFlushPolicy.flushOnClose());
    factory.setEagerInitialization(true);
    factory.afterPropertiesSet();
    factory.start();
    connectPooled(factory);
    return factory;
  }

  /** What pipelines and blocking reads take from the pool is there before it is used. */
  private static void connectPooled(LettuceConnectionFactory factory) {
    try (RedisConnection connection = factory.getConnection()) {
      connection.openPipeline();
      connection.ping();
      connection.closePipeline();
    }
  }

  /** A template for bytes. */
  public static RedisTemplate<byte[], byte[]> template(LettuceConnectionFactory factory) {
    RedisTemplate<byte[], byte[]> template = new RedisTemplate<>();
    template.setConnectionFactory(factory);
    template.setEnableDefaultSerializer(false);
    template.setKeySerializer(RedisSerializer.byteArray());
    template.setValueSerializer(RedisSerializer.byteArray());
    template.setHashKeySerializer(RedisSerializer.byteArray());
    template.setHashValueSerializer(RedisSerializer.byteArray());
    template.afterPropertiesSet();
    return template;
  }

  /** Calls so many commands in pipelines; told each one's number. */
  @SuppressWarnings("NullAway") // a callback in a pipeline has to return null
  public static void inPipelines(
      RedisTemplate<?, ?> template,
      int commands,
      int batch,
      BiConsumer<RedisConnection, Integer> command) {
    for (int called = 0; called < commands; called += batch) {
      int from = called;
      int until = Math.min(commands, called + batch);
      template.executePipelined(
          (RedisCallback<Object>)
              connection -> {
                for (int number = from; number < until; number++) {
                  command.accept(connection, number);
                }
                return null;
              });
    }
  }
}

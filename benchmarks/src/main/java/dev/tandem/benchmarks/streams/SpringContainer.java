package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.peers.SpringPeer;
import dev.tandem.tenant.GroupKeys;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.core.StreamOperations;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.data.redis.stream.StreamMessageListenerContainer;
import org.springframework.data.redis.stream.StreamMessageListenerContainer.StreamMessageListenerContainerOptions;

/**
 * Consumes with a {@code StreamMessageListenerContainer} whose listener acknowledges each message
 * after processing ("Redis Streams", acknowledge strategies, in its reference). {@code
 * receiveAutoAck} would have the server acknowledge before the listener has the message, and lose
 * what it did not handle. A subscription is one consumer with one thread; several handle at a time.
 */
final class SpringContainer implements Consumption {
  private final LettuceConnectionFactory factory;
  private final ExecutorService threads;
  private final StreamMessageListenerContainer<byte[], MapRecord<byte[], byte[], byte[]>> container;
  private final AtomicLong acknowledged = new AtomicLong();

  private SpringContainer(
      Bench bench, GroupKeys group, Consumer<byte[]> handler, int subscriptions) {
    byte[] stream = bench.stream().bytes();
    factory = SpringPeer.open(bench.url());
    threads = Executors.newFixedThreadPool(subscriptions);
    StreamOperations<byte[], byte[], byte[]> operations =
        SpringPeer.template(factory).opsForStream();
    container =
        StreamMessageListenerContainer.create(
            factory,
            StreamMessageListenerContainerOptions.builder()
                .pollTimeout(Duration.ofMillis(GroupReader.BLOCK_MILLIS))
                .batchSize(GroupReader.BATCH / subscriptions)
                .executor(threads)
                .serializer(RedisSerializer.byteArray())
                .build());
    for (int i = 0; i < subscriptions; i++) {
      container.receive(
          org.springframework.data.redis.connection.stream.Consumer.from(
              group.group(), GroupReader.CONSUMER + i),
          StreamOffset.create(stream, ReadOffset.lastConsumed()),
          message -> {
            handler.accept(Bench.payload(message.getValue()));
            acknowledged.addAndGet(operations.acknowledge(stream, group.group(), message.getId()));
          });
    }
  }

  /** With so many subscriptions. */
  static Opener of(int subscriptions) {
    return (bench, group, handler) -> new SpringContainer(bench, group, handler, subscriptions);
  }

  @Override
  public void start() {
    container.start();
  }

  @Override
  public long acknowledged() {
    return acknowledged.get();
  }

  @Override
  public void close() {
    container.stop();
    threads.shutdown();
    try {
      boolean unused = threads.awaitTermination(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    factory.destroy();
  }
}

package dev.tandem.benchmarks.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tandem.benchmarks.peers.Batches;
import dev.tandem.benchmarks.peers.SpringPeer;
import java.util.function.Consumer;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

/**
 * Publishes in {@code executePipelined}, and subscribes with one {@code
 * RedisMessageListenerContainer} ("Publishing", "Message Listener Containers" in its reference,
 * which says to pick an executor for the load: here the thread that reads calls the listeners, as
 * everywhere else, because the usual executor starts a thread for each delivery and mixes them up).
 */
final class SpringLive implements Live {
  private final byte[][] channels;
  private final String[] names;
  private final byte[] payload;
  private final LettuceConnectionFactory receiving;
  private final LettuceConnectionFactory sending;
  private final RedisTemplate<byte[], byte[]> template;
  private final RedisMessageListenerContainer container = new RedisMessageListenerContainer();

  SpringLive(LiveBench bench, int count) {
    channels = new byte[count][];
    names = new String[count];
    for (int i = 0; i < count; i++) {
      names[i] = bench.byHand("spring", i);
      channels[i] = names[i].getBytes(UTF_8);
    }
    payload = bench.payload();
    receiving = SpringPeer.open(bench.url());
    sending = SpringPeer.open(bench.url());
    template = SpringPeer.template(sending);
    container.setConnectionFactory(receiving);
    container.setTaskExecutor(Runnable::run);
    container.setMaxSubscriptionRegistrationWaitingTime(Arrivals.PATIENCE.toMillis());
    container.setSubscriptionExecutor(
        task -> {
          Thread thread = new Thread(task, "spring-subscriber");
          thread.setDaemon(true);
          thread.start();
        });
    container.afterPropertiesSet();
  }

  @Override
  public void subscribe(int channel, Consumer<byte[]> listener) {
    container.addMessageListener(
        (message, pattern) -> listener.accept(message.getBody()), new ChannelTopic(names[channel]));
  }

  /** Starting waits until the server has confirmed. */
  @Override
  public void awaitSubscribed() {
    container.start();
  }

  @Override
  public void publishAll(int from, int messages) {
    SpringPeer.inPipelines(
        template,
        messages,
        Batches.of(SpringPeer.BATCH, payload.length),
        (connection, number) ->
            connection.publish(channels[(from + number) % channels.length], payload));
  }

  @Override
  public void publish(int channel, byte[] message) {
    template.convertAndSend(names[channel], message);
  }

  @Override
  public void close() {
    try {
      container.destroy();
    } catch (Exception e) {
      throw new IllegalStateException("the container does not end", e);
    } finally {
      sending.destroy();
      receiving.destroy();
    }
  }
}

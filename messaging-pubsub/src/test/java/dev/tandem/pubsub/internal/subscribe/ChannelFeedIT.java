package dev.tandem.pubsub.internal.subscribe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tandem.api.serde.Serde;
import dev.tandem.pubsub.Channel;
import dev.tandem.pubsub.internal.BusMetrics;
import dev.tandem.pubsub.internal.BusThreads;
import dev.tandem.pubsub.internal.frame.Nonces;
import dev.tandem.pubsub.internal.log.ChannelLog;
import dev.tandem.pubsub.internal.log.LogReader;
import dev.tandem.redis.RedisConnection;
import dev.tandem.tenant.KeyLayout;
import dev.tandem.tenant.Tenant;
import dev.tandem.testkit.RedisServer;
import dev.tandem.testkit.RedisTest;
import dev.tandem.testkit.UniqueTenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RedisTest
class ChannelFeedIT {
  private static final Channel<String> BOARD =
      Channel.of("board", Serde.string()).recoverable(Duration.ofSeconds(30), 100);

  private static final int CHANNELS = 100;

  private final RedisConnection redis;
  private final BusThreads threads;
  private final AtomicLong nanos = new AtomicLong();
  private final List<ChannelFeed> feeds = new ArrayList<>();

  ChannelFeedIT(RedisServer server, @UniqueTenant String name) {
    redis = RedisConnection.connect(server.url());
    BusMetrics metrics = new BusMetrics(redis.metrics());
    threads = new BusThreads("test", null, metrics);
    Random random = new Random(1);
    LogReader reader = new LogReader(redis, threads, metrics, new Nonces(random), random);
    KeyLayout layout = KeyLayout.of(redis);
    FeedContext context = FeedContext.of(reader, metrics, threads, nanos::get);
    Tenant tenant = Tenant.of(name);
    for (int i = 0; i < CHANNELS; i++) {
      Channel<String> channel = BOARD.named("board-" + i);
      ChannelLog log = new ChannelLog(tenant, channel, layout.channel(tenant, channel.name()));
      feeds.add(new ChannelFeed(log, context));
    }
  }

  @AfterEach
  void close() {
    threads.close();
    redis.close();
  }

  private void awaitAllLive() {
    await().until(() -> feeds.stream().allMatch(ChannelFeed::isLive));
  }

  private long pagesRead() {
    return redis.metrics().counter("tandem.pubsub.reads").getCount();
  }

  /** The server confirms a name again that was asked for again while many were asked for. */
  @Test
  void aChannelConfirmedTwiceIsLookedAtTwiceWithoutAPage() {
    feeds.forEach(ChannelFeed::onSubscribed);
    feeds.forEach(ChannelFeed::onSubscribed);
    awaitAllLive();
    assertThat(pagesRead()).isZero();
  }

  /** What keeps their identity from expiring must not read them all at once one by one. */
  @Test
  void channelsQuietForHalfADayAreLookedAtTogether() {
    feeds.forEach(ChannelFeed::onSubscribed);
    awaitAllLive();
    assertThat(feeds).allSatisfy(feed -> assertThat(feed.positionToCheck()).isNotNull());
    assertThat(feeds).allSatisfy(feed -> assertThat(feed.positionToCheck()).isNull());
    nanos.addAndGet(Duration.ofHours(13).toNanos());
    assertThat(feeds).allSatisfy(feed -> assertThat(feed.positionToCheck()).isNull());
    awaitAllLive();
    assertThat(pagesRead()).isZero();
    assertThat(feeds).allSatisfy(feed -> assertThat(feed.positionToCheck()).isNull());
    assertThat(feeds).allSatisfy(feed -> assertThat(feed.positionToCheck()).isNotNull());
  }
}

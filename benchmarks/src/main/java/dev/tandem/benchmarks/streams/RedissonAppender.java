package dev.tandem.benchmarks.streams;

import dev.tandem.benchmarks.peers.Batches;
import dev.tandem.benchmarks.peers.RedissonPeer;
import org.redisson.api.RStream;
import org.redisson.api.RStreamAsync;
import org.redisson.api.RedissonClient;
import org.redisson.api.stream.StreamAddArgs;

/**
 * Appends with {@code RStream.add}: in batches of {@code RBatch}, or with a connection for each
 * thread; see {@link RedissonPeer}.
 */
final class RedissonAppender implements Appender {
  private final Bench bench;
  private final String stream;
  private final StreamAddArgs<byte[], byte[]> entry;
  private final RedissonClient client;
  private final RStream<byte[], byte[]> added;

  private RedissonAppender(Bench bench, int threads) {
    this.bench = bench;
    this.stream = bench.stream().text();
    this.entry = StreamAddArgs.entries(bench.fields());
    this.client = RedissonPeer.open(bench.url(), threads);
    this.added = client.getStream(stream);
  }

  /** For so many threads. */
  static Opener forThreads(int threads) {
    return bench -> new RedissonAppender(bench, threads);
  }

  @Override
  public void appendAll(int messages) {
    int batch = Batches.of(RedissonPeer.BATCH, bench.payload().length);
    RedissonPeer.inBatches(
        client,
        messages,
        batch,
        commands -> {
          RStreamAsync<byte[], byte[]> batched = commands.batch().getStream(stream);
          for (int i = 0; i < commands.count(); i++) {
            var unused = batched.addAsync(entry);
          }
        });
  }

  @Override
  public void appendAndWait() {
    added.add(entry);
  }

  @Override
  public void append(byte[] payload, Runnable stored) {
    var unused =
        added.addAsync(StreamAddArgs.entries(bench.fields(payload))).thenAccept(id -> stored.run());
  }

  @Override
  public void close() {
    RedissonPeer.close(client);
  }
}

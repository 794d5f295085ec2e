package dev.tandem.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RedisAddressTest {

  @Test
  void keepsLoginAndDatabaseWhenPointedElsewhere() {
    assertThat(new RedisAddress("redis://me:p%40ss@db.example:7000/3").at("127.0.0.1", 9).url())
        .isEqualTo("redis://me:p%40ss@127.0.0.1:9/3");
    assertThat(new RedisAddress("redis://db.example").at("127.0.0.1", 9).url())
        .isEqualTo("redis://127.0.0.1:9");
  }

  @Test
  void knowsHostAndPort() {
    RedisAddress address = new RedisAddress("redis://:secret@[::1]");
    assertThat(address.host()).isEqualTo("::1");
    assertThat(address.port()).isEqualTo(6379);
    assertThat(address.toString()).isEqualTo("redis://[::1]:6379");
  }

  @Test
  void onlyPlainAddressesCanBeProxied() {
    assertThat(new RedisAddress("redis://a").isPlain()).isTrue();
    assertThat(new RedisAddress("rediss://a").isPlain()).isFalse();
  }
}

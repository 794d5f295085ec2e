package dev.tandem.benchmarks.curves;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.benchmarks.harness.Library;
import dev.tandem.benchmarks.harness.OwnServer;
import dev.tandem.benchmarks.harness.Rounds;
import dev.tandem.benchmarks.harness.Server;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

@ExtendWith(OwnServer.class)
class CurvesIT {
  private static final int MESSAGES = 2_000;

  static List<String> names() {
    return Curves.of(URI.create("redis://unused"), MESSAGES).stream().map(Curve::name).toList();
  }

  @ParameterizedTest
  @MethodSource("names")
  void bothEndsOfACurveAreMeasuredAndNothingIsLostOrLeftBehind(String name, Server server)
      throws Exception {
    Curve curve =
        Curves.of(server.url(), MESSAGES).stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow();
    int least = curve.sizes().get(0);
    int most = curve.sizes().get(curve.sizes().size() - 1);
    Curve ends =
        new Curve(
            name, curve.title(), curve.counted(), curve.over(), List.of(least, most), curve.work());

    List<CurvePoint> points = ends.measure(new Rounds(0, 1), done -> {});

    assertThat(points).extracting(CurvePoint::at).containsExactly(least, least, most, most);
    assertThat(points)
        .extracting(CurvePoint::library)
        .containsExactly(Library.JEDIS, Library.TANDEM, Library.JEDIS, Library.TANDEM);
    assertThat(points).extracting(CurvePoint::lost).containsOnly(0L);
    assertThat(points).allSatisfy(point -> assertThat(point.perSecond()).isPositive());
    try (Jedis jedis = new Jedis(server.url())) {
      assertThat(jedis.keys("*")).as("keys left").isEmpty();
    }
  }
}

package dev.tandem.benchmarks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.benchmarks.curves.Curve;
import dev.tandem.benchmarks.curves.CurvePoint;
import dev.tandem.benchmarks.harness.Library;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class ChartsTest {
  @TempDir Path directory;
  private Charts charts;

  @BeforeEach
  void findAPlace() throws Exception {
    charts = new Charts(ResultsFile.at(directory.resolve("latest.json")));
  }

  @Test
  void aWorkIsDrawnAsBars() throws Exception {
    charts.ratios("produce", Samples.results("produce"));

    assertDrawn("produce.svg");
  }

  @Test
  void allWorksAreDrawnTogether() throws Exception {
    charts.overview(Samples.results("produce"));

    assertDrawn("ratios.svg");
  }

  @Test
  void aCurveIsDrawn() throws Exception {
    charts.curve(
        new Curve(
            "batch", "Appending", "entries", "messages in one", List.of(1, 1_000), size -> null),
        List.of(
            new CurvePoint(Library.JEDIS, 1, 10_000, 0),
            new CurvePoint(Library.JEDIS, 1_000, 500_000, 0),
            new CurvePoint(Library.TANDEM, 1_000, 400_000, 0)));

    assertDrawn("curve-batch.svg");
  }

  @Test
  void withNothingToCompareThereIsNoChart() throws Exception {
    charts.ratios("produce", List.of());
    charts.overview(List.of());

    assertThat(directory).isEmptyDirectory();
  }

  private void assertDrawn(String name) throws Exception {
    DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    // The file names a DTD on the web, which no test is to fetch.
    builder.setEntityResolver((publicId, systemId) -> new InputSource(new StringReader("")));
    Element svg = builder.parse(directory.resolve(name).toFile()).getDocumentElement();
    assertThat(svg.getTagName()).isEqualTo("svg");
    assertThat(svg.getElementsByTagName("path").getLength()).isPositive();
  }
}

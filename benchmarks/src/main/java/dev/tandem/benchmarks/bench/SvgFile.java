package dev.tandem.benchmarks.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.awt.Dimension;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGeneratorContext;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.internal.chartpart.Chart;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.w3c.dom.Document;

/** Draws charts as SVG files; letters are drawn too, so that they look the same everywhere. */
final class SvgFile {
  private static final Logger LOG = LoggerFactory.getLogger(SvgFile.class);
  private static final String NAMESPACE = "http://www.w3.org/2000/svg";
  private static final int DECIMALS = 1;

  private SvgFile() {}

  /** Draws it; a Java without fonts cannot, and says so. */
  static void draw(Chart<?, ?> chart, Path file) throws IOException {
    System.setProperty("java.awt.headless", "true");
    try {
      write(chart, file);
    } catch (LinkageError | InternalError | NullPointerException noFonts) {
      LOG.warn("{} is not drawn: this Java has no fonts ({})", file, noFonts.toString());
    }
  }

  private static void write(Chart<?, ?> chart, Path file) throws IOException {
    SVGGeneratorContext context = SVGGeneratorContext.createDefault(document());
    context.setPrecision(DECIMALS);
    context.setComment("");
    SVGGraphics2D graphics = new SVGGraphics2D(context, false);
    graphics.setSVGCanvasSize(new Dimension(chart.getWidth(), chart.getHeight()));
    chart.paint(graphics, chart.getWidth(), chart.getHeight());
    try (Writer writer = Files.newBufferedWriter(file, UTF_8)) {
      graphics.stream(writer, true);
    }
  }

  private static Document document() {
    try {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .getDOMImplementation()
          .createDocument(NAMESPACE, "svg", null);
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("this Java makes no XML documents", e);
    }
  }
}

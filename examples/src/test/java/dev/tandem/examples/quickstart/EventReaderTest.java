package dev.tandem.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tenant.Tenant;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EventReaderTest {
  private final List<String> rejected = new ArrayList<>();

  @Test
  void theEventsThatComeWithTheProgramAreAllValid() throws IOException {
    try (InputStream in = InputSource.open(null, InputStream.nullInputStream())) {
      Input input = read(in);
      assertThat(input.events()).hasSize(1_707);
      assertThat(input.tenants()).hasSize(12);
    }
    assertThat(rejected).isEmpty();
  }

  @Test
  void badLinesAreReportedByNumberAndTheRestIsRead() throws IOException {
    Input input = read("{\"net\":\"a\"}\nnonsense\n\n{\"net\":\"b\"}\n{\"x\":1}\n{\"net\":\"a\"}");

    assertThat(input.events())
        .extracting(Event::tenant)
        .extracting(Tenant::name)
        .containsExactly("a", "b", "a");
    assertThat(input.tenants()).extracting(Tenant::name).containsExactlyInAnyOrder("a", "b");
    assertThat(input.rejected()).isEqualTo(2);
    assertThat(rejected).hasSize(2);
    assertThat(rejected.get(0)).startsWith("2 is not a JSON object");
    assertThat(rejected.get(1)).isEqualTo("5 lacks the tenant field 'net'");
  }

  @Test
  void blankLinesAndAByteOrderMarkAreSkipped() throws IOException {
    Input input = read("\uFEFF{\"net\":\"a\"}\r\n \t\r\n\n{\"net\":\"b\"}\r\n\r\n");

    assertThat(input.events()).hasSize(2);
    assertThat(input.events().get(0).message().payload()).isEqualTo("{\"net\":\"a\"}");
    assertThat(input.rejected()).isZero();
  }

  @Test
  void anInputMayBeEmpty() throws IOException {
    assertThat(read("")).isEqualTo(new Input(List.of(), List.of(), 0));
    assertThat(read("\n\n \n")).isEqualTo(new Input(List.of(), List.of(), 0));
  }

  @Test
  void aLineBeyondTheLongestIsRejectedAndTheNextIsRead() throws IOException {
    String frame = "{\"net\":\"a\",\"x\":\"\"}";
    String longest =
        frame.replace("\"\"", '"' + "x".repeat(EventReader.LONGEST_LINE - frame.length()) + '"');

    Input input = read(longest + "\n" + longest.replace("xx", "xxx") + "\n{\"net\":\"b\"}\n");

    assertThat(input.events()).hasSize(2);
    assertThat(input.events().get(0).message().payload()).hasSize(EventReader.LONGEST_LINE);
    assertThat(rejected).containsExactly("2 is longer than 1048576 bytes");
  }

  @Test
  void tooManyTenantsAreRefused() {
    String lines =
        IntStream.rangeClosed(0, EventReader.MOST_TENANTS)
            .mapToObj(i -> "{\"net\":" + i + "}")
            .collect(Collectors.joining("\n"));

    assertThatThrownBy(() -> read(lines))
        .isInstanceOf(QuickstartException.class)
        .hasMessageContaining("more than 10000 tenants");
  }

  @Test
  void tooManyLinesAreRefused() {
    assertThatThrownBy(() -> read("\n".repeat(EventReader.MOST_LINES + 1)))
        .isInstanceOf(QuickstartException.class)
        .hasMessageContaining("more than 1000000 lines");
  }

  private Input read(String text) throws IOException {
    return read(new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private Input read(InputStream in) throws IOException {
    EventParser parser = new EventParser("net", "type");
    return new EventReader(parser, (line, reason) -> rejected.add(line + " " + reason)).readAll(in);
  }
}

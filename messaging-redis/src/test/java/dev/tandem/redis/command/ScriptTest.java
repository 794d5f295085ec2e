package dev.tandem.redis.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.api.error.InvalidValueException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.args.Rawable;

class ScriptTest {
  private final Script functions = Script.resource(ScriptTest.class, "functions.lua");
  private final Script joined = Script.joined(functions, ScriptTest.class, "increment.lua");

  @Test
  void readsAResource() {
    assertThat(new String(functions.source(), UTF_8)).contains("local function increment");
    assertThat(functions.name()).isEqualTo("functions.lua");
    assertThat(functions).hasToString("functions.lua");
    assertThat(functions.sha1()).matches("[0-9a-f]{40}");
  }

  @Test
  void joinsResourcesInOrder() {
    String source = new String(joined.source(), UTF_8);

    assertThat(source).startsWith(new String(functions.source(), UTF_8) + "\n");
    assertThat(source.indexOf("local function increment"))
        .isLessThan(source.indexOf("return increment"));
    assertThat(joined.name()).isEqualTo("increment.lua");
    assertThat(joined.sha1()).isNotEqualTo(functions.sha1());
  }

  @Test
  void saysWhichResourceIsMissing() {
    assertThatThrownBy(() -> Script.resource(ScriptTest.class, "none.lua"))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("none.lua")
        .hasMessageContaining(ScriptTest.class.getName());
  }

  @Test
  void aCallHasKeysThenArguments() {
    Command call = joined.call(RedisKey.of("k1"), RedisKey.of("k2")).arg("x").arg(7);

    assertThat(texts(call.arguments()))
        .containsExactly("EVALSHA", joined.sha1(), "2", "k1", "k2", "x", "7");
    assertThat(texts(call.argumentsWithSource()))
        .containsExactly("EVAL", new String(joined.source(), UTF_8), "2", "k1", "k2", "x", "7");
    assertThat(call.routingKey()).isEqualTo(RedisKey.of("k1"));
    assertThat(call).hasToString("script increment.lua");
  }

  @Test
  void aCallWithoutKeysGoesAnywhere() {
    Command call = joined.call().arg("x");

    assertThat(texts(call.arguments())).containsExactly("EVALSHA", joined.sha1(), "0", "x");
    assertThat(call.routingKey()).isNull();
  }

  @Test
  void aPlainCommandKeepsItsForm() {
    Command command = Command.of("set").key(RedisKey.of("k")).arg(new byte[] {1, 2}).arg("secret");

    assertThat(command.argumentsWithSource()).isEqualTo(command.arguments());
    assertThat(texts(command.arguments())).hasSize(4).startsWith("SET", "k");
    assertThat(command).hasToString("SET");
    assertThat(command.isRepeatable()).isFalse();
    assertThat(command.repeatable().isRepeatable()).isTrue();
    assertThat(command.script()).isNull();
  }

  @Test
  void keysKnowTheirSlot() {
    assertThat(RedisKey.of("foo").slot()).isEqualTo(12182);
    assertThat(RedisKey.of("a:{foo}:b").slot()).isEqualTo(12182);
    assertThat(RedisKey.of("grüße").bytes()).isEqualTo("grüße".getBytes(UTF_8));
    assertThat(RedisKey.of("k")).isEqualTo(RedisKey.of("k")).hasSameHashCodeAs(RedisKey.of("k"));
    assertThat(RedisKey.of("k")).isNotEqualTo(RedisKey.of("l")).hasToString("k");
  }

  private static List<String> texts(List<Rawable> arguments) {
    List<String> texts = new ArrayList<>();
    for (Rawable argument : arguments) {
      texts.add(new String(argument.getRaw(), UTF_8));
    }
    return texts;
  }
}

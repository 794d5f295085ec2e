package dev.tandem.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AclCategoriesTest {
  private static final Map<String, Set<String>> MEMBERS =
      Map.of(
          "read", Set.of("get", "mget", "xinfo|stream"),
          "scripting", Set.of("eval", "script"),
          "fast", Set.of("get", "mget"),
          "slow", Set.of("eval", "script", "xinfo|stream"));

  private final AclCategories categories = new AclCategories(MEMBERS::get);

  @ParameterizedTest
  @CsvSource({
    "'-@all', ''",
    "'', ''",
    "'-@all +get', 'get'",
    "'-@all +GET +set -get', 'set'",
    "'-@all +@scripting -script', 'eval'",
    "'-@all +@read -xinfo', 'get mget'",
    "'-@all +xinfo|stream +xinfo', 'xinfo'",
    "'-@all +xinfo +xinfo|stream', 'xinfo xinfo|stream'",
    "'-@all +client|setname -client|setname', ''",
    "'+@all', '@all'",
    "'allcommands', '@all'",
    "'+@all nocommands +get', 'get'",
    "'+get +@all -@all +eval', 'eval'",
    "'+@all -@read', 'eval script'",
    "'+@all -get -script', 'eval mget xinfo|stream'",
    "'+@all -get +get', 'eval get mget script xinfo|stream'",
    "'+@all -get +@all', '@all'",
  })
  void readsRulesInTheirOrder(String rules, String allowed) {
    assertThat(String.join(" ", categories.allowed(rules))).isEqualTo(allowed);
  }
}

package dev.tandem.examples.soak.hybrid;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a message says of itself: {@code acme-2 0 17}.
 *
 * @param tenant whose it is, as a place in {@link HybridScenery#TENANTS}
 * @param publisher who published it
 * @param number its number among that publisher's
 */
record Label(int tenant, int publisher, long number) {
  private static final Pattern FORM = Pattern.compile("(\\S+) (\\d) (\\d{1,18})");

  /** The label of a publisher's number; tenants take turns. */
  static Label of(int publisher, long number) {
    return new Label((int) (number % HybridScenery.TENANTS.size()), publisher, number);
  }

  /** Reads one; null if it is none that a publisher made. */
  static @Nullable Label parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    Label label = of(Integer.parseInt(matcher.group(2)), Long.parseLong(matcher.group(3)));
    return label.publisher < HybridScenery.PUBLISHERS && label.toString().equals(text)
        ? label
        : null;
  }

  @Override
  public String toString() {
    return HybridScenery.TENANTS.get(tenant).name() + ' ' + publisher + ' ' + number;
  }
}

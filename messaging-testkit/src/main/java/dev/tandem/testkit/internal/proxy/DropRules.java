package dev.tandem.testkit.internal.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whose replies are to be lost. Used by the loop's thread alone. */
final class DropRules {

  private static final Logger LOG = LoggerFactory.getLogger(DropRules.class);

  /** What becomes of a reply, and then of its connection. */
  enum Fate {
    DELIVERED,
    /** It is lost, and the connection ends in order: what was delivered before can be read. */
    LOST_AND_ENDED,
    /** It is lost, and an RST follows, which may take with it what was delivered before. */
    LOST_AND_RESET
  }

  private final List<Predicate<String>> once = new ArrayList<>();
  private int any;

  void addAny(int requests) {
    any += requests;
  }

  void add(Predicate<String> request) {
    once.add(request);
  }

  void clear() {
    once.clear();
    any = 0;
  }

  /** What is to become of the reply to this request; uses up what said so. */
  Fate take(String request) {
    for (int i = 0; i < once.size(); i++) {
      if (matches(once.get(i), request)) {
        once.remove(i);
        return Fate.LOST_AND_ENDED;
      }
    }
    if (any > 0) {
      any--;
      return Fate.LOST_AND_RESET;
    }
    return Fate.DELIVERED;
  }

  private static boolean matches(Predicate<String> rule, String request) {
    try {
      return rule.test(request);
    } catch (RuntimeException e) {
      LOG.warn("A rule for dropped replies threw; it does not match this request", e);
      return false;
    }
  }
}

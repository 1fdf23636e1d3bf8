package io.github.mobilenet4j.report;

import java.util.Locale;

/** Numbers and names as text for people, the same in every locale. */
final class Words {
  private Words() {}

  /** Returns 0.9123 as 91.2 %, with a space that does not break. */
  static String percent(double share) {
    return fixed(100 * share, 1) + "\u00a0%";
  }

  /** Returns a value with so many decimals, thousands separated: 1,234.5. */
  static String fixed(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /** Returns "1 picture", "1,234 pictures". */
  static String images(int count) {
    return fixed(count, 0) + (count == 1 ? " picture" : " pictures");
  }

  /** Returns a name whose direction of writing ends where it does, for where no element can be. */
  static String isolated(String name) {
    return "\u2068" + name.replaceAll("[\u2066-\u2069]", "\ufffd") + "\u2069";
  }
}

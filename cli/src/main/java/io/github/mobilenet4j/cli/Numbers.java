package io.github.mobilenet4j.cli;

import java.util.Locale;

/** Numbers as text for people, the same in every locale. */
final class Numbers {
  private Numbers() {}

  /** Returns 1234567 as 1,234,567. */
  static String grouped(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** Returns "1 epoch" or "1,200 epochs". */
  static String count(long value, String noun) {
    return grouped(value) + " " + noun + (value == 1 ? "" : "s");
  }

  /** Returns 0.1234 as 12.34 %. */
  static String percent(double share) {
    return fixed(100 * share, 2) + " %";
  }

  /** Returns a value with so many decimals. */
  static String fixed(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /** Returns a value with three digits that count: 12.3, 0.00123, 1.23e-06; 0 as 0. */
  static String significant(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.3g", value);
  }

  /** Returns a value with two digits and its power of ten: 1.2e-05; 0 as 0. */
  static String scientific(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }

  /** Returns a value with as many decimals as it has: 1, 0.25, 1.0E-5. */
  static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /** Returns a constant's name in words: RESIZE_THEN_CROP as resize then crop. */
  static String words(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}

package io.github.mobilenet4j.report;

import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Where values lie along an axis.
 *
 * @param low the value at {@code from}
 * @param high the value at {@code to}
 * @param step from one mark to the next
 * @param from a coordinate
 * @param to a coordinate
 */
record Scale(double low, double high, double step, double from, double to) {
  private static final int MARKS = 5;

  /** Returns a scale of round numbers that holds all values between two. */
  static Scale around(double least, double most, double from, double to) {
    double step = step(most > least ? most - least : Math.max(Math.abs(most), 1e-6));
    double low = Math.floor(least / step + 1e-9) * step;
    double high = Math.ceil(most / step - 1e-9) * step;
    return new Scale(low, high > low ? high : low + step, step, from, to);
  }

  /** Returns a scale that begins and ends with two whole numbers and marks only whole ones. */
  static Scale whole(int least, int most, double from, double to) {
    double step = Math.max(1, step(most - least));
    return new Scale(least, most > least ? most : least + 1, step, from, to);
  }

  private static double step(double range) {
    double rough = Math.max(range, Double.MIN_NORMAL) / MARKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    return DoubleStream.of(1, 2, 5, 10)
        .map(factor -> factor * power)
        .filter(step -> step >= rough * (1 - 1e-9))
        .findFirst()
        .orElseThrow();
  }

  double at(double value) {
    return from + (value - low) / (high - low) * (to - from);
  }

  /** Returns the values to mark: the multiples of the step. */
  double[] marks() {
    int first = (int) Math.ceil(low / step - 1e-9);
    int last = (int) Math.floor(high / step + 1e-9);
    return IntStream.rangeClosed(first, last).mapToDouble(i -> i * step).toArray();
  }

  /** Returns a mark with as many decimals as the step has. */
  String label(double mark) {
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    if (decimals <= 4) {
      return Words.fixed(mark, decimals);
    }
    return mark == 0 ? "0" : String.format(Locale.ROOT, "%.0e", mark);
  }
}

package io.github.mobilenet4j.cli;

import java.util.Locale;

/**
 * How long a training will still take, by how long its steps have taken, validations included.
 *
 * @param begin when the measurement began, nanoseconds, 0 if it did not
 * @param steps that were made then
 */
record TimeLeft(long begin, long steps) {
  /** Before that, the first steps count for too much. */
  private static final double FIRST_SECONDS = 5;

  boolean isNew() {
    return begin == 0;
  }

  /**
   * Returns it in words with two spaces before it, nothing where it cannot be told yet.
   *
   * @param now nanoseconds
   * @param done steps that are made
   * @param all steps of the training
   */
  String words(long now, long done, long all) {
    double seconds = (now - begin) / 1e9;
    return isNew() || seconds < FIRST_SECONDS || done == steps
        ? ""
        : "  " + words(seconds / (done - steps) * (all - done)) + " left in all";
  }

  /** Returns a time as 0:05 or 2:03:59. */
  static String words(double seconds) {
    long s = Math.round(seconds);
    return s < 3600
        ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }
}

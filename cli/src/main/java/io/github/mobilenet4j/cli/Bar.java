package io.github.mobilenet4j.cli;

/** Horizontal bars of Unicode blocks, an eighth of a character fine. */
final class Bar {
  private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

  private Bar() {}

  /**
   * Returns a bar without padding on its right.
   *
   * @param share its length as a part of the width; outside [0, 1] it is cut
   * @param width characters at 1
   */
  static String of(double share, int width) {
    int eighths = (int) Math.round(Math.clamp(share, 0, 1) * width * 8);
    String rest = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8, eighths % 8 + 1);
    return "█".repeat(eighths / 8) + rest;
  }
}

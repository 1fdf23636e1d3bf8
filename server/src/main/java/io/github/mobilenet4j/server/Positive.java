package io.github.mobilenet4j.server;

import io.github.mobilenet4j.MobileNetException;

/** Numbers of which there is no sense in 0. */
final class Positive {
  private Positive() {}

  static void require(String what, long value) {
    if (value < 1) {
      throw new MobileNetException("%s: %s, expected at least 1".formatted(what, value));
    }
  }
}

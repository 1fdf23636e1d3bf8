package io.github.mobilenet4j.training;

import io.github.mobilenet4j.kernels.Ahead;
import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Kernels;

/** The memory that a thread has for itself, and what it is about to read. */
final class Scratch {
  private final Ahead ahead = new Ahead();
  private final Kernels kernels;
  private final Buffer strip;
  private final Buffer sums;
  private final float[] copy;
  private final float[] logits;
  private final double[] exponentials;

  /**
   * @param strip floats for the strips of an operator
   * @param sums floats for sums by channel
   * @param classes of the network
   */
  Scratch(Kernels kernels, int strip, int sums, int classes) {
    this.kernels = kernels.with(ahead);
    this.strip = kernels.allocate(strip);
    this.sums = kernels.allocate(sums);
    this.copy = new float[sums];
    this.logits = new float[classes];
    this.exponentials = new double[classes];
  }

  /** Returns what the thread is about to read. */
  Ahead ahead() {
    return ahead;
  }

  /** Returns kernels that ask for that while they multiply. */
  Kernels kernels() {
    return kernels;
  }

  /** Returns memory for strips, which should stay in cache. */
  Buffer strip() {
    return strip;
  }

  /** Returns memory in which kernels sum by channel: zeros. */
  Buffer sums() {
    return sums;
  }

  /** Returns room for the logits of a picture. */
  float[] logits() {
    return logits;
  }

  /** Returns room for the exponentials of the logits of a picture. */
  double[] exponentials() {
    return exponentials;
  }

  /** Returns room for a value of each channel. */
  float[] values() {
    return copy;
  }

  /** Adds the sums to others of higher precision, and makes them zeros again. */
  void addSumsTo(double[] totals) {
    sums.get(0, copy, 0, totals.length);
    sums.clear(0, totals.length);
    for (int i = 0; i < totals.length; i++) {
      totals[i] += copy[i];
    }
  }
}

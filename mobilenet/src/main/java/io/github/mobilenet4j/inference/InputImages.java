package io.github.mobilenet4j.inference;

/** Where the stem finds the pictures of the current run. */
final class InputImages {
  private float[] values;

  /** Returns the pictures, {@code [n, H, W, 3]}. */
  float[] values() {
    return values;
  }

  /** Sets the pictures for a run, null after it. */
  void set(float[] values) {
    this.values = values;
  }
}

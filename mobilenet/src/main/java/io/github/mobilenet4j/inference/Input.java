package io.github.mobilenet4j.inference;

/** Where the stem finds the pictures of the current run. */
final class Input {
  private float[] pictures;

  /** Returns the pictures, {@code [n, H, W, 3]}. */
  float[] pictures() {
    return pictures;
  }

  /** Sets the pictures for a run, null after it. */
  void set(float[] pictures) {
    this.pictures = pictures;
  }
}

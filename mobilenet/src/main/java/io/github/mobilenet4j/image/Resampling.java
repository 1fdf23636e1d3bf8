package io.github.mobilenet4j.image;

/** How a picture is made larger or smaller. */
public enum Resampling {
  /** Pillow's BILINEAR: triangle filter, widened when shrinking (antialiased). */
  BILINEAR,
  /** Pillow's BICUBIC: Keys' cubic with a = −0.5, widened when shrinking (antialiased). */
  BICUBIC,
  /**
   * TensorFlow 1's {@code resize_bilinear(align_corners=False)}: two taps a direction at {@code
   * output · (in / out)}, no antialiasing, no half-pixel offset; {@code ⌊v + 0.5⌋} at the end.
   */
  TENSORFLOW_BILINEAR
}

package io.github.mobilenet4j.data;

import io.github.mobilenet4j.image.RgbImage;

/**
 * An operation of TrivialAugment's wide space (S. Müller and F. Hutter, arXiv:2103.10158): of each
 * image one is drawn, and how strongly. Names, magnitudes and pixels are those of torchvision's
 * {@code TrivialAugmentWide}, on Pillow's images, with bilinear interpolation.
 */
enum TrivialAugment {
  /** Changes nothing. */
  IDENTITY(0, 0, false),
  /** Moves a row to the left by this part of its distance from the top. */
  SHEAR_X(0, 0.99, true),
  /** Moves a column up by this part of its distance from the left edge. */
  SHEAR_Y(0, 0.99, true),
  /** Moves to the right, in pixels. */
  TRANSLATE_X(0, 32, true),
  /** Moves down, in pixels. */
  TRANSLATE_Y(0, 32, true),
  /** Turns counter-clockwise, in degrees. */
  ROTATE(0, 135, true),
  /** By a factor of 1 and this. */
  BRIGHTNESS(0, 0.99, true),
  /** The saturation, by a factor of 1 and this. */
  COLOR(0, 0.99, true),
  /** By a factor of 1 and this. */
  CONTRAST(0, 0.99, true),
  /** By a factor of 1 and this. */
  SHARPNESS(0, 0.99, true),
  /** Leaves so many bits of each value, rounded. */
  POSTERIZE(8, 2, false),
  /** Turns values from this on into their negative. */
  SOLARIZE(255, 0, false),
  /** Stretches each channel to all values. */
  AUTO_CONTRAST(0, 0, false),
  /** Spreads each channel evenly over all values. */
  EQUALIZE(0, 0, false);

  /** From none to the strongest. */
  private static final int MAGNITUDES = 31;

  private static final TrivialAugment[] ALL = values();

  private final double weakest;
  private final double strongest;
  private final boolean signed;

  TrivialAugment(double weakest, double strongest, boolean signed) {
    this.weakest = weakest;
    this.strongest = strongest;
    this.signed = signed;
  }

  /**
   * Returns an image with any of the operations, of any magnitude, and of any sign where it has
   * one.
   *
   * @param image not changed
   * @param fill red, green, blue of what lies outside the image
   */
  static RgbImage any(RgbImage image, byte[] fill, RandomStream random) {
    TrivialAugment operation = ALL[random.below(ALL.length)];
    double magnitude = operation.magnitude(random.below(MAGNITUDES));
    return operation.apply(
        image, operation.signed && random.chance(0.5) ? -magnitude : magnitude, fill);
  }

  /** Returns one of the magnitudes, from 0 to 30, without a sign. */
  double magnitude(int number) {
    double magnitude = weakest + (strongest - weakest) * number / (MAGNITUDES - 1);
    return this == POSTERIZE ? Math.rint(magnitude) : magnitude;
  }

  /**
   * Returns a changed image.
   *
   * @param image not changed
   * @param fill red, green, blue of what lies outside the image
   */
  RgbImage apply(RgbImage image, double magnitude, byte[] fill) {
    return switch (this) {
      case IDENTITY -> image;
      case SHEAR_X -> new Affine(1, magnitude, 0, 0, 1, 0).apply(image, fill);
      case SHEAR_Y -> new Affine(1, 0, 0, magnitude, 1, 0).apply(image, fill);
      case TRANSLATE_X -> new Affine(1, 0, -(int) magnitude, 0, 1, 0).apply(image, fill);
      case TRANSLATE_Y -> new Affine(1, 0, 0, 0, 1, -(int) magnitude).apply(image, fill);
      case ROTATE -> Affine.of(image.height(), image.width(), -magnitude, 0, 0).apply(image, fill);
      case SHARPNESS -> Filters.sharpness(image, 1 + magnitude);
      default -> {
        RgbImage copy = new RgbImage(image.height(), image.width(), image.rgb().clone());
        colour(copy.rgb(), magnitude);
        yield copy;
      }
    };
  }

  private void colour(byte[] rgb, double magnitude) {
    switch (this) {
      case BRIGHTNESS -> Colours.brightness(rgb, 1 + magnitude);
      case COLOR -> Colours.saturation(rgb, 1 + magnitude);
      case CONTRAST -> Colours.contrast(rgb, 1 + magnitude);
      case POSTERIZE -> Colours.posterize(rgb, (int) magnitude);
      case SOLARIZE -> Colours.solarize(rgb, magnitude);
      case AUTO_CONTRAST -> Colours.autoContrast(rgb);
      case EQUALIZE -> Colours.equalize(rgb);
      default -> throw new IllegalStateException(toString());
    }
  }
}

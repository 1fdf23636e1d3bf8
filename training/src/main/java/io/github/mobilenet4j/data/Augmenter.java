package io.github.mobilenet4j.data;

import io.github.mobilenet4j.data.Augmentation.Parameter;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import java.util.Arrays;
import java.util.List;

/**
 * From decoded pictures to the network's input, by an {@link Augmentation}.
 *
 * <p>Pixels that come from outside of a picture have the colour that becomes 0.
 *
 * <p>Immutable and safe for use by many threads.
 */
final class Augmenter {
  private static final double ERASED_MIN_SCALE = 0.02;
  private static final double ERASED_MAX_SCALE = 0.33;
  private static final double MIN_RESCALE = 1 / 3.0;

  /** The least of torchvision's GaussianBlur. */
  private static final double MIN_SIGMA = 0.1;

  private static final double MAX_SHARPNESS = 3;
  private static final double ERASED_MAX_RATIO = 1 / 0.3;

  private final Augmentation augmentation;
  private final Preprocessing preprocessing;
  private final int height;
  private final int width;
  private final byte[] fill = new byte[3];

  Augmenter(Augmentation augmentation, Preprocessing preprocessing, int height, int width) {
    this.augmentation = augmentation;
    this.preprocessing = preprocessing;
    this.height = height;
    this.width = width;
    List<Double> mean = preprocessing.forChannels(fill.length).mean();
    for (int c = 0; c < fill.length; c++) {
      fill[c] = (byte) Math.clamp(Math.round(mean.get(c) * 255), 0, 255);
    }
  }

  /**
   * Does what is the same in every epoch, so that its result may be kept.
   *
   * <p>A picture that is framed as for inference gets its final size. One that is cropped by chance
   * is made as small as it can be: the smallest part of it that may be taken still has the pixels
   * that the network sees. For a network of one channel it becomes grey before all else.
   */
  RgbImage prepare(RgbImage decoded) {
    RgbImage image = preprocessing.channels() == 1 ? decoded.grey() : decoded;
    if (isShifted(image)) {
      return image;
    }
    if (augmentation.get(Parameter.MIN_SCALE) == 1) {
      return preprocessing.fit(image, height, width);
    }
    double enough =
        Math.max(height, width)
            * Math.sqrt(
                augmentation.get(Parameter.MAX_RATIO) / augmentation.get(Parameter.MIN_SCALE));
    double factor = enough / Math.min(image.height(), image.width());
    return factor >= 1
        ? image
        : preprocessing
            .resampling()
            .resize(
                image,
                (int) Math.ceil(image.height() * factor),
                (int) Math.ceil(image.width() * factor));
  }

  private boolean isShifted(RgbImage image) {
    return augmentation.get(Parameter.SHIFT) > 0
        && Math.min(image.height(), image.width()) < Math.min(height, width);
  }

  /**
   * Writes a picture as the network takes it.
   *
   * @param prepared what {@link #prepare} gave; not changed
   * @param random all chance
   * @param x receives {@code [height, width, channels]} from {@code offset} on
   */
  void apply(RgbImage prepared, RandomStream random, float[] x, int offset) {
    RgbImage placed = moved(mirrored(framed(prepared, random), random), random);
    if (happens(Parameter.TRIVIAL, random)) {
      placed = TrivialAugment.any(placed, fill, random);
    }
    preprocessing.scale(coloured(focused(placed, random), random), x, offset);
    erase(random, x, offset);
  }

  private RgbImage framed(RgbImage prepared, RandomStream random) {
    if (isShifted(prepared)) {
      return preprocessing.fit(shifted(prepared, random), height, width);
    }
    if (augmentation.get(Parameter.MIN_SCALE) == 1) {
      return prepared;
    }
    int rows = prepared.height();
    int columns = prepared.width();
    double maxRatio = augmentation.get(Parameter.MAX_RATIO);
    Box box =
        Box.random(rows, columns, augmentation.get(Parameter.MIN_SCALE), 1, maxRatio, random)
            .orElseGet(() -> Box.middle(rows, columns, maxRatio));
    return preprocessing
        .resampling()
        .resize(prepared, box.top(), box.left(), box.height(), box.width(), height, width);
  }

  private RgbImage shifted(RgbImage image, RandomStream random) {
    int rows = image.height();
    int columns = image.width();
    int down = offset(random, augmentation.get(Parameter.SHIFT) * rows);
    int right = offset(random, augmentation.get(Parameter.SHIFT) * columns);
    byte[] out = new byte[image.rgb().length];
    for (int i = 0; i < out.length; i++) {
      out[i] = fill[i % 3];
    }
    int from = Math.max(-right, 0);
    int count = columns - Math.abs(right);
    for (int y = Math.max(-down, 0); y < Math.min(rows, rows - down) && count > 0; y++) {
      System.arraycopy(
          image.rgb(),
          (y * columns + from) * 3,
          out,
          ((y + down) * columns + from + right) * 3,
          count * 3);
    }
    return new RgbImage(rows, columns, out);
  }

  /** Returns a whole number from −most to most, most rounded. */
  private static int offset(RandomStream random, double most) {
    int bound = (int) Math.rint(most);
    return random.below(2 * bound + 1) - bound;
  }

  private RgbImage mirrored(RgbImage image, RandomStream random) {
    if (!random.chance(augmentation.get(Parameter.FLIP))) {
      return image;
    }
    byte[] in = image.rgb();
    byte[] out = new byte[in.length];
    int row = image.width() * 3;
    for (int begin = 0; begin < in.length; begin += row) {
      for (int i = begin, o = begin + row - 3; o >= begin; i += 3, o -= 3) {
        out[o] = in[i];
        out[o + 1] = in[i + 1];
        out[o + 2] = in[i + 2];
      }
    }
    return new RgbImage(image.height(), image.width(), out);
  }

  private RgbImage moved(RgbImage image, RandomStream random) {
    double degrees = augmentation.get(Parameter.ROTATION);
    double part = augmentation.get(Parameter.TRANSLATION);
    if (degrees == 0 && part == 0) {
      return image;
    }
    return Affine.of(
            height,
            width,
            random.uniform(-degrees, degrees),
            (int) Math.rint(random.uniform(-part, part) * width),
            (int) Math.rint(random.uniform(-part, part) * height))
        .apply(image, fill);
  }

  /** Takes detail away and exaggerates what is left, as small images and cameras do. */
  private RgbImage focused(RgbImage image, RandomStream random) {
    RgbImage focused = image;
    if (happens(Parameter.RESCALE, random)) {
      focused =
          Filters.rescaled(focused, random.uniform(MIN_RESCALE, 1), preprocessing.resampling());
    }
    if (happens(Parameter.BLUR, random)) {
      focused = Filters.blur(focused, random.uniform(MIN_SIGMA, Filters.MAX_SIGMA));
    }
    if (happens(Parameter.SHARPEN, random)) {
      focused = Filters.sharpness(focused, random.uniform(1, MAX_SHARPNESS));
    }
    return focused;
  }

  /** Draws nothing where it never happens, as before there was this parameter. */
  private boolean happens(Parameter parameter, RandomStream random) {
    double often = augmentation.get(parameter);
    return often > 0 && random.chance(often);
  }

  /** The four changes of colour in any order, as torchvision's {@code ColorJitter}. */
  private RgbImage coloured(RgbImage image, RandomStream random) {
    double[] ranges = {
      augmentation.get(Parameter.BRIGHTNESS),
      augmentation.get(Parameter.CONTRAST),
      augmentation.get(Parameter.SATURATION),
      augmentation.get(Parameter.HUE)
    };
    if (Arrays.equals(ranges, new double[ranges.length])) {
      return image;
    }
    byte[] rgb = image.rgb().clone();
    int[] order = {0, 1, 2, 3};
    random.shuffle(order);
    for (int change : order) {
      double range = ranges[change];
      if (range > 0) {
        switch (change) {
          case 0 -> Colours.brightness(rgb, factor(range, random));
          case 1 -> Colours.contrast(rgb, factor(range, random));
          case 2 -> Colours.saturation(rgb, factor(range, random));
          default -> Colours.hue(rgb, random.uniform(-range, range));
        }
      }
    }
    return new RgbImage(height, width, rgb);
  }

  private static double factor(double range, RandomStream random) {
    return random.uniform(Math.max(0, 1 - range), 1 + range);
  }

  /** Covers a rectangle with 0, as torchvision's {@code RandomErasing}. */
  private void erase(RandomStream random, float[] x, int offset) {
    if (!random.chance(augmentation.get(Parameter.ERASING))) {
      return;
    }
    Box.random(height, width, ERASED_MIN_SCALE, ERASED_MAX_SCALE, ERASED_MAX_RATIO, random)
        .ifPresent(box -> {
          int channels = preprocessing.channels();
          for (int y = box.top(); y < box.top() + box.height(); y++) {
            int from = offset + (y * width + box.left()) * channels;
            Arrays.fill(x, from, from + box.width() * channels, 0);
          }
        });
  }
}

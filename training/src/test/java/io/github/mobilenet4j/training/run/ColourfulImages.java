package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.image.RgbImage;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A task that a network learns in seconds: which colour noise has most of. */
final class ColourfulImages {
  private static final List<String> CLASSES = List.of("blue", "green", "red");

  private ColourfulImages() {}

  static Splits splits(int train, int validation) {
    return new Splits(dataset(train, 1), dataset(validation, 2), dataset(0, 3));
  }

  static Dataset dataset(int size, long seed) {
    return Dataset.of(
        CLASSES,
        IntStream.range(0, size).mapToObj(i -> "picture " + i).toList(),
        IntStream.range(0, size).map(i -> i % CLASSES.size()).toArray(),
        i -> image(2 - i % CLASSES.size(), seed << 32 | i));
  }

  private static RgbImage image(int channel, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] rgb = new byte[40 * 36 * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) random.nextInt(i % 3 == channel ? 256 : 160);
    }
    return new RgbImage(40, 36, rgb);
  }
}

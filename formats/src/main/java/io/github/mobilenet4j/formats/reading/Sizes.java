package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.weights.DataType;
import java.util.ArrayList;
import java.util.List;

/** Sizes that a file says a tensor has, checked before memory is taken for it. */
public final class Sizes {
  private Sizes() {}

  /**
   * Returns a shape.
   *
   * @param title whose it is, for messages
   * @param limits of axes
   * @throws MobileNetException if there are too many axes, or one has no possible size
   */
  public static List<Integer> shape(String title, List<Long> dimensions, ReadLimits limits) {
    if (dimensions.size() > limits.rank()) {
      throw new MobileNetException(
          "%s has %s axes, expected at most %s".formatted(title, dimensions.size(), limits.rank()));
    }
    List<Integer> shape = new ArrayList<>();
    for (long dimension : dimensions) {
      if (dimension < 0 || dimension > Integer.MAX_VALUE) {
        throw new MobileNetException("%s has a dimension %s".formatted(title, dimension));
      }
      shape.add((int) dimension);
    }
    return shape;
  }

  /**
   * Returns how many bytes the values of a shape take.
   *
   * @param title whose they are, for messages
   * @throws MobileNetException if no array has so many
   */
  public static long bytes(String title, DataType type, List<Integer> shape) {
    // A zero is looked for first: it may follow dimensions that overflow.
    long bytes = shape.contains(0) ? 0 : type.bytes();
    for (int dimension : shape) {
      bytes *= dimension;
      if (bytes > Integer.MAX_VALUE) {
        throw new MobileNetException(title + " has more values than any array: " + shape);
      }
    }
    return bytes;
  }
}

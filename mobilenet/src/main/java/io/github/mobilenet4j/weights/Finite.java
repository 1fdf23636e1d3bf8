package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import java.util.List;

/** Tells numbers from what is none: NaN and ±∞, which no trained network has. */
public final class Finite {
  private Finite() {}

  /**
   * Returns the index of the first value from {@code from} to {@code end} − 1 that is not finite,
   * −1 for none.
   */
  public static int firstNot(float[] values, int from, int end) {
    for (int i = from; i < end; i++) {
      if (!Float.isFinite(values[i])) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Refuses what a network has computed of an image where a value is not finite.
   *
   * @param image what to call it
   * @param layers of the network
   * @param outputs of each layer
   * @throws MobileNetException naming the first layer that has such a value
   */
  public static void requireOutputs(String image, List<Layer> layers, List<float[]> outputs) {
    for (int i = 0; i < layers.size(); i++) {
      float[] values = outputs.get(i);
      int at = firstNot(values, 0, values.length);
      if (at >= 0) {
        throw new MobileNetException(
            "%s gives %s for %s: its weights are too large for float32"
                .formatted(layers.get(i).name(), values[at], image));
      }
    }
  }

  /**
   * Passes if all values are finite.
   *
   * @param what they are, for the message
   * @throws MobileNetException if one is not
   */
  public static void require(String what, float[]... arrays) {
    for (float[] values : arrays) {
      int at = firstNot(values, 0, values.length);
      if (at >= 0) {
        throw new MobileNetException(
            "%s has the value %s, expected finite numbers".formatted(what, values[at]));
      }
    }
  }
}

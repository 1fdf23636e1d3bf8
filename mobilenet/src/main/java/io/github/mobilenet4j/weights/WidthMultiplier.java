package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.WidthRounding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Finds α again from the channel counts of a network, where a file does not hold it. */
public final class WidthMultiplier {
  private static final int FULL_FEATURES = MobileNetV1.builder().build().features();

  private WidthMultiplier() {}

  /** Returns the layers whose channels out α decides: the stem and the end of every block. */
  public static List<Layer> layers(MobileNetV1 network) {
    return network.layers().stream()
        .filter(layer -> layer instanceof Layer.Standard || layer instanceof Layer.Pointwise)
        .toList();
  }

  /**
   * Returns the network with the α of fewest decimals that gives these channels, under either
   * rounding. Where none does, the network has the right number of features, so that comparing
   * shapes names the first layer that does not fit.
   *
   * @param builder everything else
   * @param channels channels out of {@link #layers}, in order, 0 where unknown
   * @param features the classifier's input
   * @throws MobileNetException if a value is out of its range
   */
  public static MobileNetV1 fit(MobileNetV1.Builder builder, List<Integer> channels, int features) {
    double exact = (double) features / FULL_FEATURES;
    for (double alpha : candidates(exact)) {
      for (WidthRounding rounding : WidthRounding.values()) {
        if (rounding.apply(FULL_FEATURES, alpha) == features) {
          MobileNetV1 network = builder.widthMultiplier(alpha).rounding(rounding).build();
          if (fits(network, channels)) {
            return network;
          }
        }
      }
    }
    return builder.widthMultiplier(exact).rounding(WidthRounding.FLOOR_MIN_8).build();
  }

  private static boolean fits(MobileNetV1 network, List<Integer> channels) {
    List<Layer> layers = layers(network);
    return IntStream.range(0, layers.size())
        .allMatch(i -> channels.get(i) == 0 || channels.get(i) == layers.get(i).out().channels());
  }

  /**
   * Multiples of 1, 0.1, 0.01 and 0.001 that may round to the same channels, nearest first, then
   * the quotient itself: α divided by a power of two is exact, so it always gives what rounding
   * down gave.
   */
  private static List<Double> candidates(double exact) {
    double reach = 8.0 / FULL_FEATURES;
    List<Double> candidates = new ArrayList<>();
    for (double unit = 1; unit <= 1000; unit *= 10) {
      double scale = unit;
      LongStream.rangeClosed(
              (long) Math.ceil((exact - reach) * scale), (long) ((exact + reach) * scale))
          .mapToObj(i -> i / scale)
          .filter(alpha -> alpha > 0)
          .sorted(Comparator.comparingDouble(alpha -> Math.abs(alpha - exact)))
          .forEach(candidates::add);
    }
    candidates.add(exact);
    return candidates;
  }
}

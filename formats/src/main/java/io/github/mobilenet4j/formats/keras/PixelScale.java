package io.github.mobilenet4j.formats.keras;

import io.github.mobilenet4j.image.Preprocessing;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What the first layers of a graph do to the value v of a pixel, 0 to 255, before the network sees
 * it: {@code v · scale + offset}, by channel.
 */
final class PixelScale {
  static final int CHANNELS = 3;

  private final double[] scale = {1, 1, 1};
  private final double[] offset = new double[CHANNELS];

  /** Takes a further layer. */
  void then(double[] factor, double[] summand) {
    for (int c = 0; c < CHANNELS; c++) {
      scale[c] *= factor[c];
      offset[c] = offset[c] * factor[c] + summand[c];
    }
  }

  /**
   * Returns the preprocessing that does the same, empty if nothing is done.
   *
   * @throws io.github.mobilenet4j.MobileNetException if none does
   */
  Optional<Preprocessing> preprocessing() {
    if (Arrays.stream(scale).allMatch(s -> s == 1) && Arrays.stream(offset).allMatch(o -> o == 0)) {
      return Optional.empty();
    }
    return Optional.of(
        Preprocessing.UNIT.withNormalization(
            perChannel(c -> -offset[c] / (255 * scale[c])), perChannel(c -> 1 / (255 * scale[c]))));
  }

  private interface OfChannel {
    double value(int channel);
  }

  /** Leaves out what rounding 1 / 127.5 puts behind the twelfth digit. */
  private static List<Double> perChannel(OfChannel of) {
    return IntStream.range(0, CHANNELS)
        .mapToObj(c ->
            Double.isFinite(of.value(c))
                ? new BigDecimal(of.value(c)).round(new MathContext(12)).doubleValue()
                : of.value(c))
        .toList();
  }
}

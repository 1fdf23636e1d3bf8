package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Preprocessing;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What the first layers of a graph do to its input before the network sees it: {@code x · scale +
 * offset}, by channel.
 *
 * <p>What x is the graph does not say, unless it is of bytes: the value v of a pixel, 0 to 255, or
 * v / 255. It is told by what comes out, since all networks are fed numbers of about the size of 1.
 */
public final class PixelScale {
  /** Wider than any network's input; v / 255 after a division by 0.05 still has 20. */
  private static final double WIDEST = 32;

  /** Narrower than any network's input. */
  private static final double NARROWEST = 0.9;

  /** Black may not be far above 0. */
  private static final double BLACK = -0.01;

  /** What rounding constants and their products to floats puts behind a number that was meant. */
  private static final double ROUNDING = 2e-7;

  private final double[] scale;
  private final double[] offset;
  private boolean bytes;
  private boolean changed;
  private Optional<Preprocessing> fed = Optional.empty();

  /** What inputs are usually fed, and from where to where that goes. */
  private enum Usual {
    PIXELS(0, 255, Preprocessing.UNIT.withNormalization(all(0), all(1 / 255.0))),
    UNIT(0, 1, Preprocessing.UNIT),
    TENSORFLOW(-1, 1, Preprocessing.TENSORFLOW),
    IMAGENET(-2.118, 2.64, Preprocessing.IMAGENET);

    private final double least;
    private final double most;
    private final Preprocessing preprocessing;

    Usual(double least, double most, Preprocessing preprocessing) {
      this.least = least;
      this.most = most;
      this.preprocessing = preprocessing;
    }

    private static List<Double> all(double each) {
      return Collections.nCopies(3, each);
    }

    /** The images that a range was measured with need not have had black and white. */
    boolean has(double from, double to) {
      double slack = 0.05 * (most - least);
      return Math.abs(from - least) < slack && Math.abs(to - most) < slack;
    }
  }

  /**
   * @param channels of the input
   */
  public PixelScale(int channels) {
    scale = new double[channels];
    offset = new double[channels];
    Arrays.fill(scale, 1);
  }

  public int channels() {
    return scale.length;
  }

  /**
   * Takes the input's own scale: it is of bytes, of which v is stored as v or as v − 128.
   *
   * @param factor of what is stored
   * @param black the v that stands for 0
   */
  public void stored(double factor, double black) {
    then(constant(factor), constant(-factor * black));
    bytes = true;
  }

  /**
   * Takes a further layer.
   *
   * @param factor for each channel, or one for all, as the summand
   */
  public void then(double[] factor, double[] summand) {
    for (int c = 0; c < scale.length; c++) {
      double by = factor[factor.length == 1 ? 0 : c];
      scale[c] *= by;
      offset[c] = offset[c] * by + summand[summand.length == 1 ? 0 : c];
    }
    changed = true;
  }

  /**
   * Takes the range that the input is rounded to before anything else: where it is a usual one, it
   * says what a float input is fed.
   */
  public void range(double least, double most) {
    if (!changed) {
      fed =
          Arrays.stream(Usual.values())
              .filter(usual -> usual.has(least, most))
              .findFirst()
              .map(usual -> usual.preprocessing.forChannels(scale.length));
    }
  }

  /** Returns a number that is the same for all channels. */
  public static double[] constant(double number) {
    return new double[] {number};
  }

  /**
   * Returns the preprocessing that does the same. If nothing is done, it is that of the range that
   * a float input is rounded to; empty if that says nothing.
   *
   * @throws MobileNetException if none does, or what x is cannot be told
   */
  public Optional<Preprocessing> preprocessing() {
    if (!bytes && (!changed || all(c -> scale[c] == 1 && offset[c] == 0))) {
      return fed;
    }
    double white = bytes || takesPixels() ? 255 : 1;
    if (white == 1 && !takesFractions()) {
      throw new MobileNetException(
          "the input is multiplied by %s and %s is added, expected a scaling of pixels of 0 to 255,"
              + " or of 0 to 1".formatted(Arrays.toString(scale), Arrays.toString(offset)));
    }
    return Optional.of(
        Preprocessing.UNIT.withNormalization(
            perChannel(c -> zero(c) / white), perChannel(c -> 1 / (white * scale[c]))));
  }

  /** Returns the x that becomes 0. */
  private double zero(int channel) {
    return -offset[channel] / scale[channel];
  }

  private boolean takesPixels() {
    return all(c -> Math.abs(255 * scale[c]) <= WIDEST)
        || all(c -> zero(c) > 1 && zero(c) < 256 && Math.abs(scale[c]) <= 1);
  }

  private boolean takesFractions() {
    return all(
        c -> scale[c] >= NARROWEST && scale[c] <= WIDEST && zero(c) >= BLACK && zero(c) <= 1);
  }

  private boolean all(IntPredicate channel) {
    return IntStream.range(0, scale.length).allMatch(channel);
  }

  private List<Double> perChannel(IntToDoubleFunction of) {
    return IntStream.range(0, scale.length).mapToDouble(of).map(PixelScale::meant).boxed().toList();
  }

  /** Returns the number of six digits behind the point that is left of a number's rounding. */
  private static double meant(double number) {
    double round = Math.rint(number * 1e6) / 1e6 + 0.0;
    return Math.abs(round - number) <= ROUNDING * Math.max(Math.abs(number), 0.1) ? round : number;
  }
}

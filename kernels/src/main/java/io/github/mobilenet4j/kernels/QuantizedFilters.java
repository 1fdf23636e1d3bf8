package io.github.mobilenet4j.kernels;

/**
 * Depthwise filters of integers {@code [3,3,C]} with their bias and {@link Requantization} as
 * {@link QuantizedKernels#depthwise} reads them: a header, and for each part of the channels {@code
 * [summands, 3 columns, vectors]} of values and a block of parameters for each vector. Immutable.
 *
 * <p>The three values of a column of a filter are neighbours, and meet the three rows of the input.
 * A filter is given less its zero point, and so has up to nine bits and a sign; where that is more
 * than eight bits hold it is the sum of several filters.
 */
public final class QuantizedFilters {
  private static final int TAPS = 9;

  private final int channels;
  private final Lanes lanes;
  private final Packing packing;
  private final int summands;
  private final boolean roundsOnce;
  private final Requantization requantization;
  private final QuantizedParameters blocks;
  private final int[] sums;
  private final Buffer memory;

  /** For sums of floats, else null. */
  private final DoubleRequantization doubles;

  /**
   * @param kernels the kernels that will read them
   * @param filters {@code [3,3,C]}, each value less the zero point of its filter, −255 to 255
   * @param bias {@code [C]}
   * @param inputZeroPoint of the input, 0 to 255
   * @param requantization of C columns
   */
  public QuantizedFilters(
      QuantizedStorage kernels,
      short[] filters,
      int[] bias,
      int inputZeroPoint,
      Requantization requantization) {
    this.channels = requantization.columns();
    this.lanes = kernels.lanes();
    this.packing = lanes.filters();
    this.requantization = requantization;
    this.roundsOnce = requantization.roundsOnce();
    this.blocks = new QuantizedParameters(lanes.count(), requantization);
    this.summands = packing == Packing.BYTES ? summands(filters) : 1;
    this.memory = kernels.allocate(QuantizedParameters.HEADER + parts() * partBytes());
    blocks.putHeader(memory, 0, 0);
    this.sums = bias.clone();
    for (int i = 0; i < TAPS * channels; i++) {
      sums[i % channels] -= inputZeroPoint * filters[i];
    }
    this.doubles =
        packing == Packing.FLOATS
            ? DoubleRequantization.of(requantization, sums, Channels.padded(channels))
            : null;
    for (int part = 0; part < parts(); part++) {
      pack(filters, part);
    }
  }

  /**
   * Returns how many pixels of a row can be taken as one of more channels, so that vectors are
   * full: with the same filters repeated, a convolution of stride 1 of pixels that lie side by side
   * is one of stride {@code repeats} of pixels so many times as wide. 1 if vectors are full anyway.
   *
   * @param kernels the kernels that would read them
   * @param channels of a pixel, a multiple of 16
   */
  public static int repeats(QuantizedStorage kernels, int channels) {
    int part = kernels.lanes().part();
    return channels < part && part % channels == 0 ? part / channels : 1;
  }

  private static int summands(short[] filters) {
    int most = 1;
    for (short value : filters) {
      int needed = value >= 0 ? (value + 126) / 127 : (127 - value) / 128;
      most = Math.max(most, needed);
    }
    return most;
  }

  /** Returns the share of a value that a summand has. */
  private static int share(int value, int summand) {
    int rest = value;
    for (int i = 0; i < summand; i++) {
      rest -= Math.clamp(rest, Byte.MIN_VALUE, Byte.MAX_VALUE);
    }
    return Math.clamp(rest, Byte.MIN_VALUE, Byte.MAX_VALUE);
  }

  private void pack(short[] filters, int part) {
    int first = part * lanes.part();
    int at = partOffset(part);
    int[] vector = new int[lanes.count() * packing.step];
    for (int summand = 0; summand < summands; summand++) {
      for (int column = 0; column < 3; column++) {
        for (int step = 0; step < stepsOfColumn(); step++) {
          for (int v = 0; v < vectors(); v++) {
            for (int i = 0; i < vector.length; i++) {
              int channel = first + lanes.channel(v, i / packing.step);
              int row = step * packing.step + i % packing.step;
              int value =
                  row < 3 && channel < channels
                      ? filters[(row * 3 + column) * channels + channel]
                      : 0;
              vector[i] = packing == Packing.BYTES ? share(value, summand) : value;
            }
            packing.put(memory, at, vector);
            at += vector.length * packing.size;
          }
        }
      }
    }
    for (int v = 0; v < vectors(); v++) {
      int number = v;
      blocks.putVector(memory, at, sums, lane -> first + lanes.channel(number, lane));
      at += blocks.bytes();
    }
  }

  /** Returns the steps that the three rows of a column take. */
  int stepsOfColumn() {
    return (3 + packing.step - 1) / packing.step;
  }

  /** Returns the vectors of a part's sums. */
  int vectors() {
    return lanes.part() / lanes.count();
  }

  /** Returns the parts that the channels are taken in. */
  public int parts() {
    return (channels + lanes.part() - 1) / lanes.part();
  }

  /** Returns the channels of a part; of the last there may be fewer. */
  public int partChannels() {
    return lanes.part();
  }

  /** Returns of how many filters each is the sum. */
  int summands() {
    return summands;
  }

  /** Returns the bytes of a part's values, before its parameters. */
  int valueBytes() {
    return summands * 3 * stepsOfColumn() * vectors() * lanes.count() * Integer.BYTES;
  }

  int partBytes() {
    return valueBytes() + vectors() * blocks.bytes();
  }

  /** Returns where a part is, in bytes. */
  int partOffset(int part) {
    return QuantizedParameters.HEADER + part * partBytes();
  }

  /** Returns the channels of a part that are stored, in whole groups of 16. */
  int storedChannels(int part) {
    return Math.min(lanes.part(), Channels.padded(channels) - part * lanes.part());
  }

  int channels() {
    return channels;
  }

  /** Returns what the sum of a channel begins with. */
  int sum(int channel) {
    return sums[channel];
  }

  boolean roundsOnce() {
    return roundsOnce;
  }

  Requantization requantization() {
    return requantization;
  }

  /** Returns the requantisation of sums of floats; null for others. */
  DoubleRequantization doubles() {
    return doubles;
  }

  Buffer memory() {
    return memory;
  }
}

package io.github.mobilenet4j.kernels;

/**
 * A matrix of integers {@code [C,K]} with its bias and {@link Requantization} as {@link
 * QuantizedKernels#multiply} reads them: panels of neighbouring columns, each stored as {@code
 * [steps,columns,step]}, so that one instruction finds the values that meet the neighbours of one
 * step of a pixel. Immutable.
 *
 * <p>The kernel is given less its zero point, and so has up to nine bits and a sign. Where that is
 * more than eight bits hold, a constant is taken off all values, and {@link QuantizedKernels#sums}
 * of the pixels times that constant are added again.
 */
public final class QuantizedMatrix {
  /** Below it a float holds all integers. */
  private static final int MOST_EXACT = 1 << 24;

  private final int length;
  private final int columns;
  private final int panelColumns;
  private final int stepsOfAll;
  private final Packing packing;
  private final Requantization requantization;
  private final boolean roundsOnce;
  private final int taken;
  private final int[] sums;
  private final Buffer values;

  /** A matrix of one group of columns, all ones, whose product are the sums of pixels. */
  private final Buffer ones;

  private final Buffer parameters;
  private final QuantizedParameters blocks;

  /** For sums of floats, else null. */
  private final DoubleRequantization doubles;

  private final int exactRows;

  /**
   * @param kernels the kernels that will read it
   * @param segments that a pixel is made of
   * @param rows C, a multiple of segments
   * @param kernel {@code [C,K]}, each value less the zero point of its kernel, −255 to 255
   * @param bias {@code [K]}
   * @param inputZeroPoint of the input, 0 to 255
   * @param requantization of K columns
   * @throws IllegalArgumentException if a kernel's values are further apart than 255
   */
  public QuantizedMatrix(
      QuantizedStorage kernels,
      int segments,
      int rows,
      short[] kernel,
      int[] bias,
      int inputZeroPoint,
      Requantization requantization) {
    this.requantization = requantization;
    this.roundsOnce = requantization.roundsOnce();
    this.packing = kernels.packing();
    this.length = rows / segments;
    int realColumns = requantization.columns();
    this.columns = Channels.padded(realColumns);
    this.panelColumns = Math.min(kernels.panelColumns(columns), columns);
    int steps = (length + packing.step - 1) / packing.step;
    this.stepsOfAll = steps * segments;
    this.taken = packing == Packing.BYTES ? taken(kernel) : 0;
    this.values = kernels.allocate(stepsOfAll * packing.step * packing.size * columns);
    pack(kernel, realColumns, steps);
    this.ones = kernels.allocate(needsSums() ? stepsOfAll * packing.step * Channels.GROUP : 0);
    if (needsSums()) {
      packOnes();
    }
    this.sums = bias.clone();
    for (int r = 0; r < rows; r++) {
      for (int k = 0; k < realColumns; k++) {
        sums[k] -= inputZeroPoint * kernel[r * realColumns + k];
      }
    }
    boolean floats = packing == Packing.FLOATS;
    this.doubles = floats ? DoubleRequantization.of(requantization, sums, columns) : null;
    this.exactRows = floats ? exactRows(kernel, rows, realColumns) : rows;
    this.blocks = new QuantizedParameters(kernels.lanes().count(), requantization);
    this.parameters = kernels.allocate(panels() * panelParameterBytes());
    for (int panel = 0; panel < panels(); panel++) {
      int at = panel * panelParameterBytes();
      blocks.putHeader(parameters, at, taken);
      int count = width(panel) / blocks.lanes();
      for (int v = 0; v < count; v++) {
        int first = firstColumn(panel) + v * blocks.lanes();
        blocks.putVector(
            parameters, at + QuantizedParameters.HEADER + v * blocks.bytes(), sums, i -> first + i);
      }
    }
  }

  /** Returns what has to be taken off all values so that they are int8: 0 where nothing has to. */
  private static int taken(short[] kernel) {
    int least = 0;
    int most = 0;
    for (short value : kernel) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (most - least > 255) {
      throw new IllegalArgumentException(
          "a kernel has values from %s to %s, expected at most 255 between them"
              .formatted(least, most));
    }
    return most > Byte.MAX_VALUE
        ? most - Byte.MAX_VALUE
        : least < Byte.MIN_VALUE ? least - Byte.MIN_VALUE : 0;
  }

  /** Returns of how many rows every sum is one that a float holds exactly, with any bytes. */
  private static int exactRows(short[] kernel, int rows, int columns) {
    for (int runs = 1; ; runs++) {
      int run = (rows + runs - 1) / runs;
      int[] most = new int[columns];
      boolean exact = true;
      for (int i = 0; i < kernel.length; i++) {
        int k = i % columns;
        most[k] = (i / columns % run == 0 ? 0 : most[k]) + 255 * Math.abs(kernel[i]);
        exact &= most[k] < MOST_EXACT;
      }
      if (exact) {
        return run;
      }
    }
  }

  private void pack(short[] kernel, int realColumns, int steps) {
    for (int panel = 0; panel < panels(); panel++) {
      int width = width(panel);
      int[] row = new int[width * packing.step];
      for (int step = 0; step < stepsOfAll; step++) {
        for (int i = 0; i < row.length; i++) {
          int column = firstColumn(panel) + i / packing.step;
          int at = step % steps * packing.step + i % packing.step;
          row[i] =
              at < length && column < realColumns
                  ? kernel[(step / steps * length + at) * realColumns + column] - taken
                  : 0;
        }
        packing.put(values, valuesOffset(panel) + step * row.length * packing.size, row);
      }
    }
  }

  private void packOnes() {
    int[] row = new int[Channels.GROUP * packing.step];
    for (int step = 0; step < stepsOfAll; step++) {
      for (int i = 0; i < row.length; i++) {
        row[i] = step % steps() * packing.step + i % packing.step < length ? 1 : 0;
      }
      packing.put(ones, step * row.length, row);
    }
  }

  /** Returns whether {@link QuantizedKernels#multiply} needs the sums of the pixels. */
  public boolean needsSums() {
    return taken != 0;
  }

  /** Returns the number of panels. */
  public int panels() {
    return (columns + panelColumns - 1) / panelColumns;
  }

  /** Returns the first column of a panel. */
  public int firstColumn(int panel) {
    return panel * panelColumns;
  }

  /** Returns the number of columns of a panel, a multiple of 16. */
  int width(int panel) {
    return Math.min(panelColumns, columns - panel * panelColumns);
  }

  /** Returns the values of a segment. */
  int length() {
    return length;
  }

  /** Returns the steps of a segment. */
  int steps() {
    return (length + packing.step - 1) / packing.step;
  }

  /** Returns the bytes of a panel's values that a turn of the innermost loop multiplies. */
  int turnBytes(int panel) {
    return X86Product.UNROLL * packing.step * packing.size * width(panel);
  }

  /** Returns where the values of a panel are, in bytes. */
  int valuesOffset(int panel) {
    return panel * panelColumns * stepsOfAll * packing.step * packing.size;
  }

  private int panelParameterBytes() {
    return QuantizedParameters.HEADER + panelColumns / blocks.lanes() * blocks.bytes();
  }

  /** Returns where the parameters of a panel are, in bytes. */
  int parametersOffset(int panel) {
    return panel * panelParameterBytes();
  }

  /** Returns what was taken off all values. */
  int taken() {
    return taken;
  }

  /** Returns what the sum of a column begins with. */
  int sum(int column) {
    return sums[column];
  }

  /** Returns the requantisation of sums of floats; null for others. */
  DoubleRequantization doubles() {
    return doubles;
  }

  /** Returns how many rows can be summed in floats. */
  int exactRows() {
    return exactRows;
  }

  Packing packing() {
    return packing;
  }

  boolean roundsOnce() {
    return roundsOnce;
  }

  Requantization requantization() {
    return requantization;
  }

  Buffer values() {
    return values;
  }

  Buffer ones() {
    return ones;
  }

  Buffer parameters() {
    return parameters;
  }
}

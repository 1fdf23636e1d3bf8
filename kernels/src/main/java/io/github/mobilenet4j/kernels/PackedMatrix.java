package io.github.mobilenet4j.kernels;

/**
 * A matrix {@code [C,K]} and its bias {@code [K]} as {@link Kernels#multiply} reads them: cut into
 * panels of neighbouring columns, each stored as {@code [C,columns]}, so that the innermost loop
 * reads straight on. Columns are filled up with zeros to whole groups of 16. Immutable.
 */
public final class PackedMatrix {
  private final int rows;
  private final int columns;
  private final int panelColumns;
  private final Floats values;
  private final Floats bias;

  /**
   * @param kernels the kernels that will read it
   * @param rows C
   * @param columns K
   * @param values {@code [C,K]}
   * @param bias {@code [K]}
   */
  public PackedMatrix(Kernels kernels, int rows, int columns, float[] values, float[] bias) {
    this.rows = rows;
    this.columns = Channels.padded(columns);
    this.panelColumns = Math.min(kernels.panelColumns(this.columns), this.columns);
    this.bias = kernels.allocate(this.columns);
    this.bias.set(0, bias, 0, columns);
    float[] packed = new float[Math.multiplyExact(rows, this.columns)];
    for (int panel = 0; panel < panels(); panel++) {
      int first = firstColumn(panel);
      int width = width(panel);
      int count = Math.min(width, columns - first);
      for (int r = 0; r < rows; r++) {
        System.arraycopy(
            values, r * columns + first, packed, valuesOffset(panel) + r * width, count);
      }
    }
    this.values = kernels.allocate(packed.length);
    this.values.set(0, packed, 0, packed.length);
  }

  /** Returns C. */
  public int rows() {
    return rows;
  }

  /** Returns the number of panels. */
  public int panels() {
    return (columns + panelColumns - 1) / panelColumns;
  }

  /** Returns the number of columns of a panel, a multiple of 16. */
  int width(int panel) {
    return Math.min(panelColumns, columns - panel * panelColumns);
  }

  /** Returns the first column of a panel. */
  int firstColumn(int panel) {
    return panel * panelColumns;
  }

  int valuesOffset(int panel) {
    return panel * panelColumns * rows;
  }

  Floats values() {
    return values;
  }

  Floats bias() {
    return bias;
  }
}

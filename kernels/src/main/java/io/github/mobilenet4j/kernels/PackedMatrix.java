package io.github.mobilenet4j.kernels;

import java.util.Arrays;

/**
 * A matrix {@code [C,K]} and its bias {@code [K]} as {@link Kernels#multiply} reads them: cut into
 * panels of neighbouring columns, each stored as {@code [C,columns]}, so that the innermost loop
 * reads straight on. Columns are filled up with zeros to whole groups of 16. Inference never
 * changes it after construction; training refills it at each step.
 */
public final class PackedMatrix {
  /** Rows that are packed at a time, in an array that stays in the first-level cache. */
  private static final int STRIP = 64;

  private final int rows;

  /** K, and rounded up to whole groups. */
  private final int realColumns;

  private final int columns;
  private final int panelColumns;
  private final Buffer values;
  private final Buffer bias;

  /** Room for a strip, made once: training refills the matrix in each step. */
  private final float[] strip;

  /**
   * Zeros, to be set.
   *
   * @param kernels the kernels that will read it
   * @param rows C
   * @param columns K
   */
  public PackedMatrix(Storage kernels, int rows, int columns) {
    this.rows = rows;
    this.realColumns = columns;
    this.columns = Channels.padded(columns);
    this.panelColumns = Math.min(kernels.panelColumns(this.columns), this.columns);
    this.strip = new float[Math.min(rows, STRIP) * panelColumns];
    this.bias = kernels.allocate(this.columns);
    this.values = kernels.allocate(Math.multiplyExact(rows, this.columns));
  }

  /**
   * @param kernels the kernels that will read it
   * @param rows C
   * @param columns K
   * @param values {@code [C,K]}
   * @param bias {@code [K]}
   */
  public PackedMatrix(Storage kernels, int rows, int columns, float[] values, float[] bias) {
    this(kernels, rows, columns);
    set(values);
    setBias(bias);
  }

  /**
   * Sets the bias.
   *
   * @param source {@code [K]}
   */
  public void setBias(float[] source) {
    bias.set(0, source, 0, realColumns);
  }

  /**
   * Sets the matrix; the bias stays.
   *
   * @param source {@code [C,K]}
   */
  public void set(float[] source) {
    fill(source, realColumns, 1);
  }

  /**
   * Sets the matrix to the transpose of another; the bias stays.
   *
   * @param source {@code [K,C]}
   */
  public void setTransposed(float[] source) {
    fill(source, 1, rows);
  }

  /** Sets row r, column k to {@code source[r·rowStep + k·columnStep]}. */
  private void fill(float[] source, int rowStep, int columnStep) {
    for (int panel = 0; panel < panels(); panel++) {
      int width = width(panel);
      int first = firstColumn(panel);
      int count = Math.min(width, realColumns - first);
      if (count < width) {
        Arrays.fill(strip, 0);
      }
      for (int begin = 0; begin < rows; begin += STRIP) {
        int end = Math.min(begin + STRIP, rows);
        if (columnStep == 1) {
          for (int r = begin; r < end; r++) {
            System.arraycopy(source, r * rowStep + first, strip, (r - begin) * width, count);
          }
        } else {
          transpose(
              source, first * columnStep + begin, columnStep, end - begin, count, strip, width);
        }
        values.set(valuesOffset(panel) + begin * width, strip, 0, (end - begin) * width);
      }
    }
  }

  /** Writes {@code target[r·width + k] = source[from + k·step + r]}, four columns at a time. */
  private static void transpose(
      float[] source, int from, int step, int rows, int columns, float[] target, int width) {
    int k = 0;
    for (; k <= columns - 4; k += 4) {
      int a = from + k * step;
      int b = a + step;
      int c = b + step;
      int d = c + step;
      int at = k;
      for (int r = 0; r < rows; r++) {
        target[at] = source[a + r];
        target[at + 1] = source[b + r];
        target[at + 2] = source[c + r];
        target[at + 3] = source[d + r];
        at += width;
      }
    }
    for (; k < columns; k++) {
      for (int r = 0; r < rows; r++) {
        target[r * width + k] = source[from + k * step + r];
      }
    }
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
  public int firstColumn(int panel) {
    return panel * panelColumns;
  }

  int valuesOffset(int panel) {
    return panel * panelColumns * rows;
  }

  Buffer values() {
    return values;
  }

  Buffer bias() {
    return bias;
  }
}

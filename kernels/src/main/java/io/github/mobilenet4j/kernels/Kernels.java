package io.github.mobilenet4j.kernels;

/**
 * The arithmetic of MobileNet V1 in float32. Every value is computed by one chain of fused
 * multiply-adds in the order given here, so that all implementations, at any vector width and with
 * any split of the work over threads, give the same bits.
 *
 * <p>What an operator knows beforehand is a description, such as a {@link Product}, made once and
 * given to each call; beside it a call says where its values are and how many. Offsets and
 * distances count floats. Channels are stored in whole groups of 16 ({@link Channels}). Border taps
 * are ordinary reads: activations have a halo of zeros around them.
 *
 * <p>Implementations are immutable and safe to share between threads. They trust their callers: a
 * wrong offset may read or write memory outside the buffers.
 */
public sealed interface Kernels extends Storage
    permits PlainKernels, VectorKernels, MachineCodeKernels {
  /** Returns a name for people, such as "Vector API, 512 bits". */
  String name();

  /** Returns the vector width in bits: 128, 256 or 512; 0 for plain loops. */
  int vectorBits();

  /**
   * Returns these kernels with native memory, if they have any, that goes back to the operating
   * system when a region is closed; else it waits for the garbage collector, which sees nothing of
   * how much there is. Nothing that was allocated may be used after that.
   */
  Kernels in(Region region);

  /**
   * Returns these kernels for one thread. Its products, and those of training, ask for what is
   * ahead while they multiply, if they can.
   */
  default Kernels with(Ahead ahead) {
    return this;
  }

  /**
   * Returns what training computes beside these, on the same memory; always the same.
   *
   * @throws UnsupportedOperationException if the operating system refuses executable memory
   */
  TrainingKernels training();

  /**
   * Returns what computes in 8-bit integers, on the same memory; always the same.
   *
   * @throws UnsupportedOperationException if the operating system refuses executable memory, or a
   *     system property asks for instructions that do not exist or do not run here
   */
  QuantizedKernels quantized();

  /**
   * The product of pixels and a matrix: the pointwise convolution, the classifier, and with several
   * segments the stem.
   *
   * @param matrix the matrix and its bias
   * @param segments how many runs of values make up a pixel of the input: 1, or 3 rows for the stem
   * @param in the input: all pixels of a call are in one row, their segments {@code in.row()} apart
   * @param out the output
   * @param clamp what is done to the sums
   */
  record Product(PackedMatrix matrix, int segments, Layout in, Layout out, Clamp clamp) {
    /** Returns the number of values of a segment. */
    int length() {
      return matrix.rows() / segments;
    }
  }

  /**
   * Multiplies pixels by one panel of a matrix, adds the bias and clamps: {@code y[m,k] =
   * clamp(bias[k] + Σ_s Σ_i a[m·in.pixel + s·in.row + i] · matrix[s·length + i, k])} with {@code
   * length = matrix.rows() / segments}, summed in order of {@code s}, then {@code i}. Output pixel
   * {@code m} is at {@code (m / out.columns)·out.row + (m % out.columns)·out.pixel}, the panel's
   * columns at their places within it.
   *
   * @param panel which panel of the matrix, from 0
   * @param pixels how many, ≥ 1
   * @param a input
   * @param aOffset where the first pixel's first segment starts
   * @param y output
   * @param yOffset where channel 0 of the first pixel goes, which is the first of a row
   */
  void multiply(
      Product product, int panel, int pixels, Buffer a, int aOffset, Buffer y, int yOffset);

  /** Multiplies pixels by the whole matrix, panel after panel. */
  default void multiply(Product product, int pixels, Buffer a, int aOffset, Buffer y, int yOffset) {
    for (int panel = 0; panel < product.matrix().panels(); panel++) {
      multiply(product, panel, pixels, a, aOffset, y, yOffset);
    }
  }

  /**
   * A depthwise 3×3 convolution.
   *
   * @param filters filters and bias
   * @param stride 1 or 2
   * @param in the input, with halo
   * @param out the output
   * @param clamp what is done to the sums
   */
  record Depthwise(PackedDepthwise filters, int stride, Layout in, Layout out, Clamp clamp) {}

  /**
   * Convolves one output row, adds the bias and clamps: {@code y[q·out.pixel + c] = clamp(bias[c] +
   * Σ_i Σ_j x[i·in.row + (q·stride + j)·in.pixel + c] · w[i,j,c])} for the {@code out.columns}
   * pixels {@code q} of the row, taps in order of {@code i}, then {@code j}.
   *
   * @param firstGroup first group of 16 channels, in input, filters and output alike
   * @param groups how many groups, ≥ 1
   * @param x input
   * @param xOffset where the top left tap of the first output pixel is, channel 0
   * @param y output
   * @param yOffset where the first output pixel goes, channel 0
   */
  void depthwise(
      Depthwise depthwise,
      int firstGroup,
      int groups,
      Buffer x,
      int xOffset,
      Buffer y,
      int yOffset);

  /**
   * The mean of each channel: {@code y[c] = (Σ_h Σ_w x[h·in.row + w·in.pixel + c]) / (rows ·
   * in.columns)}, summed in order of {@code h}, then {@code w}.
   *
   * @param rows rows of the input, ≥ 1
   * @param groups groups of 16 channels, ≥ 1
   * @param x input
   * @param xOffset where the first pixel is, channel 0
   * @param y output
   * @param yOffset where channel 0 goes
   */
  void averagePool(Layout in, int rows, int groups, Buffer x, int xOffset, Buffer y, int yOffset);
}

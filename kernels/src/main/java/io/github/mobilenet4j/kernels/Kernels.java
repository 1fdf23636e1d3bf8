package io.github.mobilenet4j.kernels;

/**
 * The arithmetic of MobileNet V1 in float32. Every value is computed by one chain of fused
 * multiply-adds in the order given here, so that all implementations, at any vector width and with
 * any split of the work over threads, give the same bits.
 *
 * <p>Offsets and strides count floats. Channels are stored in whole groups of 16 ({@link
 * Channels}). Border taps are ordinary reads: activations have a halo of zeros around them.
 *
 * <p>A clamp is {@code x < low ? low : x > high ? high : x}; NaN passes.
 *
 * <p>Implementations are immutable and safe to share between threads. They trust their callers: a
 * wrong offset may read or write memory outside the buffers.
 */
public sealed interface Kernels permits PlainKernels, VectorKernels, MachineCodeKernels {
  /** Returns a name for people, such as "Vector API, 512 bits". */
  String name();

  /** Returns the vector width in bits: 128, 256 or 512; 0 for plain loops. */
  int vectorBits();

  /**
   * Returns the most columns that a panel of a {@link PackedMatrix} has, a multiple of 16.
   *
   * @param columns of the whole matrix
   */
  int panelColumns(int columns);

  /** Returns zeros in the kind of memory that these kernels read. */
  Floats allocate(int length);

  /**
   * Returns these kernels with native memory, if they have any, that goes back to the operating
   * system when a region is closed; else it waits for the garbage collector, which sees nothing of
   * how much there is. Nothing that was allocated may be used after that.
   */
  Kernels in(Region region);

  /**
   * Returns what training computes beside these, on the same memory; always the same.
   *
   * @throws UnsupportedOperationException if the operating system refuses executable memory
   */
  TrainingKernels training();

  /**
   * Multiplies pixels by one panel of a matrix, adds the bias and clamps: the pointwise
   * convolution, the classifier, and with several segments the stem.
   *
   * <p>{@code y[m,k] = clamp(bias[k] + Σ_s Σ_i a[m·aPixel + s·aSegment + i] · b[s·length + i, k])}
   * with {@code length = b.rows() / segments}, summed in order of {@code s}, then {@code i}. Output
   * pixel {@code m} is at {@code yOffset + (m / columns)·yRow + (m % columns)·yPixel}, the panel's
   * columns at their places within it.
   *
   * @param a input
   * @param aOffset where the first pixel's first segment starts
   * @param aPixel distance of neighbouring pixels
   * @param segments how many runs of values make up one pixel: 1, or 3 rows for the stem
   * @param aSegment distance of neighbouring segments
   * @param b the matrix
   * @param panel which panel of it, from 0
   * @param y output
   * @param yOffset where the first pixel's channel 0 goes
   * @param yPixel distance of neighbouring pixels in a row
   * @param yRow distance of neighbouring rows
   * @param columns pixels in an output row
   * @param pixels how many, ≥ 1, starting with the first of a row
   * @param low lower end of the clamp, −∞ for none
   * @param high upper end of the clamp, ∞ for none
   */
  void multiply(
      Floats a,
      int aOffset,
      int aPixel,
      int segments,
      int aSegment,
      PackedMatrix b,
      int panel,
      Floats y,
      int yOffset,
      int yPixel,
      int yRow,
      int columns,
      int pixels,
      float low,
      float high);

  /**
   * Depthwise 3×3 convolution of one output row, bias and clamp: {@code y[q,c] = clamp(bias[c] +
   * Σ_i Σ_j x[i·xRow + (q·stride + j)·xPixel + c] · w[i,j,c])}, taps in order of {@code i}, then
   * {@code j}.
   *
   * @param x input with halo
   * @param xOffset where the top left tap of the first output pixel is, channel 0
   * @param xPixel distance of neighbouring input pixels
   * @param xRow distance of neighbouring input rows
   * @param stride 1 or 2
   * @param w filters and bias
   * @param firstGroup first group of 16 channels, in x, w and y alike
   * @param groups how many groups, ≥ 1
   * @param y output
   * @param yOffset where the first output pixel is, channel 0
   * @param yPixel distance of neighbouring output pixels
   * @param columns output pixels, ≥ 1
   * @param low lower end of the clamp, −∞ for none
   * @param high upper end of the clamp, ∞ for none
   */
  void depthwise(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      PackedDepthwise w,
      int firstGroup,
      int groups,
      Floats y,
      int yOffset,
      int yPixel,
      int columns,
      float low,
      float high);

  /**
   * The mean of each channel: {@code y[c] = (Σ_h Σ_w x[h·xRow + w·xPixel + c]) / (rows · columns)},
   * summed in order of {@code h}, then {@code w}.
   *
   * @param x input
   * @param xOffset where the first pixel is, channel 0
   * @param xPixel distance of neighbouring pixels
   * @param xRow distance of neighbouring rows
   * @param rows rows, ≥ 1
   * @param columns columns, ≥ 1
   * @param groups groups of 16 channels, ≥ 1
   * @param y output
   * @param yOffset where channel 0 goes
   */
  void averagePool(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int rows,
      int columns,
      int groups,
      Floats y,
      int yOffset);
}

package io.github.mobilenet4j.kernels;

/**
 * The arithmetic of MobileNet V1 in 8-bit integers. Sums are int32 and exact, so that all
 * implementations, at any vector width and with any split of the work over threads, give the same
 * bits: those of TensorFlow Lite's reference kernels.
 *
 * <p>Values are unsigned bytes with a zero point (see {@link Requantization}); offsets and
 * distances count bytes. Channels are stored in whole groups of 16. Border taps are ordinary reads:
 * activations have a halo of their zero point around them. Vector code may read, but not use, up to
 * {@link #SLACK} bytes behind the last value that a formula names.
 *
 * <p>Implementations are immutable and safe to share between threads. They trust their callers: a
 * wrong offset may read or write memory outside the buffers.
 */
public sealed interface QuantizedKernels extends QuantizedStorage
    permits PlainQuantizedKernels, VectorQuantizedKernels, MachineCodeQuantizedKernels {
  /** Returns the name of the instructions that multiply, for people, such as "AVX-512 VNNI". */
  String name();

  /**
   * The product of pixels and a matrix of integers: the pointwise convolution, the classifier, and
   * with several segments the stem.
   *
   * @param matrix the matrix, its bias and what becomes of the sums
   * @param segments how many runs of values make up a pixel of the input: 1, or 3 rows for the stem
   * @param in the input: all pixels of a call are in one row, their segments {@code in.row()} apart
   * @param out the output
   */
  record Product(QuantizedMatrix matrix, int segments, Layout in, Layout out) {}

  /**
   * Multiplies pixels by one panel of a matrix: {@code y[m,k] = requantized(bias[k] + Σ_s Σ_i
   * (a[m·in.pixel + s·in.row + i] − zeroPoint) · matrix[s·length + i, k])}. Output pixel {@code m}
   * is at {@code (m / out.columns)·out.row + (m % out.columns)·out.pixel}, the panel's columns at
   * their places within it.
   *
   * @param panel which panel of the matrix, from 0
   * @param pixels how many, ≥ 1
   * @param a input
   * @param aOffset where the first pixel's first segment starts
   * @param sums what {@link #sums} wrote of these pixels; not read if the matrix {@link
   *     QuantizedMatrix#needsSums needs none}
   * @param y output
   * @param yOffset where channel 0 of the first pixel goes, which is the first of a row
   */
  void multiply(
      Product product,
      int panel,
      int pixels,
      Buffer a,
      int aOffset,
      Place sums,
      Buffer y,
      int yOffset);

  /**
   * Adds up each pixel: {@code sums[m] = Σ_s Σ_i a[m·in.pixel + s·in.row + i]} as int32, which
   * {@link #multiply} needs where a kernel's zero point leaves no room for its values in 8 bits.
   *
   * @param sums where the first pixel's sum goes, int32
   */
  void sums(Product product, int pixels, Buffer a, int aOffset, Place sums);

  /**
   * A depthwise 3×3 convolution of integers.
   *
   * @param filters filters, bias and what becomes of the sums
   * @param stride 1, 2 or 4; 4 is for {@link QuantizedFilters#repeats repeated filters}
   * @param in the input, with halo
   * @param out the output
   */
  record Depthwise(QuantizedFilters filters, int stride, Layout in, Layout out) {}

  /**
   * Convolves one output row: {@code y[q·out.pixel + c] = requantized(bias[c] + Σ_i Σ_j (x[i·in.row
   * + (q·stride + j)·in.pixel + c] − zeroPoint) · w[i,j,c])} for the {@code out.columns} pixels
   * {@code q} of the row, and all channels.
   *
   * @param firstPart first part of the channels ({@link QuantizedFilters#parts}), in input, filters
   *     and output alike
   * @param parts how many parts, ≥ 1
   * @param x input
   * @param xOffset where the top left tap of the first output pixel is, channel 0
   * @param y output
   * @param yOffset where the first output pixel goes, channel 0
   */
  void depthwise(
      Depthwise depthwise, int firstPart, int parts, Buffer x, int xOffset, Buffer y, int yOffset);

  /**
   * Adds up each channel: {@code y[c] = Σ_h Σ_w x[h·in.row + w·in.pixel + c]} as int32.
   *
   * @param rows rows of the input, ≥ 1
   * @param groups groups of 16 channels, ≥ 1
   * @param x input
   * @param xOffset where the first pixel is, channel 0
   * @param y output, int32
   * @param yOffset where channel 0 goes, in int32 values
   */
  void sumPool(Layout in, int rows, int groups, Buffer x, int xOffset, Buffer y, int yOffset);

  /**
   * Makes bytes of numbers: {@code y[i] = clamp(round(x[i] / scale) + zeroPoint, 0, 255)}, of
   * float32 quotients, halves away from zero. Writes up to 15 bytes more.
   *
   * @param x input, float32, finite
   * @param xOffset where it starts, in floats
   * @param count how many, ≥ 1
   * @param y output
   * @param yOffset where it starts
   */
  void quantize(
      InputQuantization quantization, Buffer x, int xOffset, int count, Buffer y, int yOffset);
}

package io.github.mobilenet4j.kernels;

/**
 * What training computes beside {@link Kernels}: gradients of the convolutions' weights, and batch
 * normalisation forward and backward. As there, every value is one chain of operations in the order
 * given here, so that all implementations give the same bits; descriptions are made once; offsets
 * and distances count floats; channels come in whole groups of 16; memory must come from {@link
 * Storage#allocate}; offsets are trusted. Immutable and safe to share between threads.
 *
 * <p>Gradients of a convolution's input are forward convolutions too: {@link Kernels#multiply} with
 * {@link PackedMatrix#setTransposed}, and {@link Kernels#depthwise} with {@link
 * PackedDepthwise#setFlipped} over gradients with a halo, and at stride 2 with zeros between them.
 *
 * <p>The distance of pixels may be 0 for what is only read: then all have the same values.
 *
 * <p>Source of the formulas of batch normalisation: S. Ioffe and C. Szegedy, "Batch Normalization",
 * 2015, section 3.
 */
public sealed interface TrainingKernels
    permits PlainTrainingKernels, VectorTrainingKernels, MachineCodeTrainingKernels {
  /**
   * A product {@code aᵀ · b}, the gradient of pointwise weights.
   *
   * <p>It is fastest where {@code 16·groups} is what {@link Storage#panelColumns} says, where the
   * pixels of b, together with those of a, stay in the second-level cache, and where {@code aPixel}
   * and {@code yRow} are {@link Channels#pixelStride}.
   *
   * @param rows values of a pixel of a, rows of y, ≥ 1
   * @param groups groups of 16 values of a pixel of b, and of 16 columns of y, ≥ 1
   * @param aPixel distance of neighbouring pixels in a
   * @param bPixel distance of neighbouring pixels in b
   * @param yRow distance of neighbouring rows in y
   */
  record Transposed(int rows, int groups, int aPixel, int bPixel, int yRow) {}

  /**
   * Adds a transposed product to a matrix: {@code y[r·yRow + k] += Σ_p a[p·aPixel + r] · b[p·bPixel
   * + k]}. The chain starts with the value in y and takes pixels in order: {@code v = fma(a, b,
   * v)}.
   *
   * @param pixels how many, ≥ 1
   * @param a input of the forward product
   * @param aOffset where the first pixel's first value is
   * @param b gradient of the forward product's output
   * @param bOffset where the first pixel's first value is
   * @param y gradient of the weights
   * @param yOffset where row 0, column 0 is
   */
  void multiplyTransposed(
      Transposed product,
      int pixels,
      Buffer a,
      int aOffset,
      Buffer b,
      int bOffset,
      Buffer y,
      int yOffset);

  /**
   * The gradient of depthwise 3×3 filters.
   *
   * @param stride 1 or 2
   * @param groups groups of 16 channels, ≥ 1
   * @param in input of the forward convolution, with halo
   * @param out gradient of the forward convolution's output
   * @param tap distance of neighbouring taps in the gradient of the filters
   */
  record DepthwiseGradient(int stride, int groups, Layout in, Layout out, int tap) {}

  /**
   * Adds the gradient of depthwise filters over some output rows: {@code dw[(3i + j)·tap + c] +=
   * Σ_p Σ_q x[(p·stride + i)·in.row + (q·stride + j)·in.pixel + c] · dz[p·out.row + q·out.pixel +
   * c]} for the {@code out.columns} pixels {@code q} of a row. The chain starts with the value in
   * dw and takes rows p in order, in each the columns q: {@code v = fma(x, dz, v)}.
   *
   * @param rows output rows, ≥ 1
   * @param x input of the forward convolution
   * @param xOffset where the top left tap of the first output pixel is, first channel
   * @param dz gradient of the forward convolution's output
   * @param dzOffset where the first output pixel is, first channel
   * @param dw gradient of the filters
   * @param dwOffset where tap 0 of the first channel is
   */
  void depthwiseGradient(
      DepthwiseGradient gradient,
      int rows,
      Buffer x,
      int xOffset,
      Buffer dz,
      int dzOffset,
      Buffer dw,
      int dwOffset);

  /**
   * What is done with each channel on its own, some neighbouring groups of them.
   *
   * @param norm the coefficients; {@link #moments} needs none
   * @param firstGroup which group of {@code norm} the first channel belongs to
   * @param groups groups of 16 channels, ≥ 1
   * @param aPixel distance of neighbouring pixels in the first input, x or dy
   * @param bPixel the same in the second input, z
   * @param outPixel the same in the output, or the distance of a channel's two sums
   * @param clamp the activation; a gradient passes between 0 and its upper end
   */
  record Channelwise(
      PackedBatchNorm norm,
      int firstGroup,
      int groups,
      int aPixel,
      int bPixel,
      int outPixel,
      Clamp clamp) {}

  /**
   * Normalises and activates: {@code y = clamp(fma(x, scale, shift))}.
   *
   * @param pixels how many, ≥ 1
   * @param x input
   * @param xOffset where the first pixel is, first channel
   * @param y output; may be x, at the same offset and distance
   * @param yOffset where the first pixel goes, first channel
   */
  void scaleShift(Channelwise channels, int pixels, Buffer x, int xOffset, Buffer y, int yOffset);

  /**
   * Adds, for each channel, the deviations from a pivot and their squares, from which mean and
   * variance follow without cancellation if the pivot is near the mean: {@code d = x − pivot; sum =
   * sum + d; square = fma(d, d, square)}, pixels in order.
   *
   * @param pixels how many, ≥ 1
   * @param x input
   * @param xOffset where the first pixel is, first channel
   * @param pivot a value for each channel, such as those of one of the pixels
   * @param pivotOffset where the first channel's is
   * @param sums sums, and squares {@code outPixel} further on
   * @param sumsOffset where the first channel's sum is
   */
  void moments(
      Channelwise channels,
      int pixels,
      Buffer x,
      int xOffset,
      Buffer pivot,
      int pivotOffset,
      Buffer sums,
      int sumsOffset);

  /**
   * Adds, for each channel, what batch normalisation needs for its gradients: {@code y = fma(z,
   * scale, shift); g = 0 < y && y < high ? dy : 0; sum = sum + g; product = fma(g, z − mean,
   * product)}, pixels in order. Sum is the gradient of β, product times {@code 1/√(variance + ε)}
   * that of γ.
   *
   * @param pixels how many, ≥ 1
   * @param dy gradient of the activation's output
   * @param dyOffset where the first pixel is, first channel
   * @param z input of the normalisation
   * @param zOffset where the first pixel is, first channel
   * @param sums sums, and products {@code outPixel} further on
   * @param sumsOffset where the first channel's sum is
   */
  void normGradientSums(
      Channelwise channels,
      int pixels,
      Buffer dy,
      int dyOffset,
      Buffer z,
      int zOffset,
      Buffer sums,
      int sumsOffset);

  /**
   * Rounds to bfloat16, the upper half of a float: to the nearest, halfway to the even one. With
   * the bits of a value as an integer: {@code (bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000};
   * NaN stays NaN as long as its lower half is not all ones.
   *
   * @param count how many, a multiple of 16
   * @param x input
   * @param xOffset where it starts
   * @param y output, floats; may be x, at the same offset
   * @param yOffset where it starts
   */
  void round(int count, Buffer x, int xOffset, Buffer y, int yOffset);

  /**
   * Copies values past the caches, where memory is written so: for what is read again when it would
   * have left them. The memory need not be read before, and what the caches hold stays there.
   *
   * @param count how many, a multiple of 16, ≥ 16
   * @param x input
   * @param xOffset where it starts
   * @param y output
   * @param yOffset where it starts, a multiple of 16
   */
  default void stream(int count, Buffer x, int xOffset, Buffer y, int yOffset) {
    System.arraycopy(x.array(), xOffset, y.array(), yOffset, count);
  }

  /** Rounds the values of a matrix in place, as {@link #round(int, Buffer, int, Buffer, int)}. */
  default void round(PackedMatrix matrix) {
    Buffer values = matrix.values();
    round(values.length(), values, 0, values, 0);
  }

  /**
   * The gradient of batch normalisation's input: {@code y = fma(z, scale, shift); g = 0 < y && y <
   * high ? dy : 0; dz = fma(slope, z − mean, fma(scale, g, constant))}.
   *
   * @param pixels how many, ≥ 1
   * @param dy gradient of the activation's output
   * @param dyOffset where the first pixel is, first channel
   * @param z input of the normalisation
   * @param zOffset where the first pixel is, first channel
   * @param dz output; may be dy or z, at the same offset and distance
   * @param dzOffset where the first pixel goes, first channel
   */
  void normGradient(
      Channelwise channels,
      int pixels,
      Buffer dy,
      int dyOffset,
      Buffer z,
      int zOffset,
      Buffer dz,
      int dzOffset);
}

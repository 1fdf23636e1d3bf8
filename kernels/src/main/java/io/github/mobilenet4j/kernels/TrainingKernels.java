package io.github.mobilenet4j.kernels;

/**
 * What training computes beside {@link Kernels}: gradients of the convolutions' weights, and batch
 * normalisation forward and backward. As there, every value is one chain of operations in the order
 * given here, so that all implementations give the same bits; offsets and strides count floats;
 * channels come in whole groups of 16; memory must come from {@link Kernels#allocate}; offsets are
 * trusted. Immutable and safe to share between threads.
 *
 * <p>Gradients of a convolution's input are forward convolutions too: {@link Kernels#multiply} with
 * {@link PackedMatrix#setTransposed}, and {@link Kernels#depthwise} with {@link
 * PackedDepthwise#setFlipped} over gradients with a halo, and at stride 2 with zeros between them.
 *
 * <p>A pixel stride may be 0 for what is only read: then all pixels have the same values.
 *
 * <p>Source of the formulas of batch normalisation: S. Ioffe and C. Szegedy, "Batch Normalization",
 * 2015, section 3.
 */
public sealed interface TrainingKernels
    permits PlainTrainingKernels, VectorTrainingKernels, MachineCodeTrainingKernels {
  /**
   * Adds a transposed product to a matrix, the gradient of pointwise weights: {@code y[r·yRow + k]
   * += Σ_p a[p·aPixel + r] · b[p·bPixel + k]}. The chain starts with the value in y and takes
   * pixels in order: {@code v = fma(a, b, v)}.
   *
   * <p>It is fastest where {@code 16·groups} is what {@link Kernels#panelColumns} says, where the
   * pixels of b, together with those of a, stay in the second-level cache, and where {@code aPixel}
   * and {@code yRow} are {@link Channels#pixelStride}.
   *
   * @param a input of the forward product
   * @param aOffset where the first pixel's first value is
   * @param aPixel distance of neighbouring pixels
   * @param rows values of a pixel of a, rows of y, ≥ 1
   * @param b gradient of the forward product's output
   * @param bOffset where the first pixel's first value is
   * @param bPixel distance of neighbouring pixels
   * @param groups groups of 16 values of a pixel of b, and of 16 columns of y, ≥ 1
   * @param y gradient of the weights
   * @param yOffset where row 0, column 0 is
   * @param yRow distance of neighbouring rows
   * @param pixels how many, ≥ 1
   */
  void multiplyTransposed(
      Floats a,
      int aOffset,
      int aPixel,
      int rows,
      Floats b,
      int bOffset,
      int bPixel,
      int groups,
      Floats y,
      int yOffset,
      int yRow,
      int pixels);

  /**
   * Adds the gradient of depthwise 3×3 filters over some output rows: {@code dw[(3i + j)·dwTap + c]
   * += Σ_p Σ_q x[(p·stride + i)·xRow + (q·stride + j)·xPixel + c] · dz[p·dzRow + q·dzPixel + c]}.
   * The chain starts with the value in dw and takes rows p in order, in each the columns q: {@code
   * v = fma(x, dz, v)}.
   *
   * @param x input of the forward convolution, with halo
   * @param xOffset where the top left tap of the first output pixel is, first channel
   * @param xPixel distance of neighbouring input pixels
   * @param xRow distance of neighbouring input rows
   * @param stride 1 or 2
   * @param dz gradient of the forward convolution's output
   * @param dzOffset where the first output pixel is, first channel
   * @param dzPixel distance of neighbouring output pixels
   * @param dzRow distance of neighbouring output rows
   * @param rows output rows, ≥ 1
   * @param columns output columns, ≥ 1
   * @param groups groups of 16 channels, ≥ 1
   * @param dw gradient of the filters
   * @param dwOffset where tap 0 of the first channel is
   * @param dwTap distance of neighbouring taps
   */
  void depthwiseGradient(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      Floats dz,
      int dzOffset,
      int dzPixel,
      int dzRow,
      int rows,
      int columns,
      int groups,
      Floats dw,
      int dwOffset,
      int dwTap);

  /**
   * Normalises and activates: {@code y = clamp(fma(x, scale, shift))}.
   *
   * @param x input
   * @param xOffset where the first pixel is, first channel
   * @param xPixel distance of neighbouring pixels
   * @param norm scale and shift
   * @param firstGroup which group of {@code norm} the first channel belongs to
   * @param low lower end of the clamp, −∞ for none
   * @param high upper end of the clamp, ∞ for none
   * @param y output; may be x, at the same offset and stride
   * @param yOffset where the first pixel goes, first channel
   * @param yPixel distance of neighbouring pixels
   * @param groups groups of 16 channels, ≥ 1
   * @param pixels how many, ≥ 1
   */
  void scaleShift(
      Floats x,
      int xOffset,
      int xPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float low,
      float high,
      Floats y,
      int yOffset,
      int yPixel,
      int groups,
      int pixels);

  /**
   * Adds, for each channel, the deviations from a pivot and their squares, from which mean and
   * variance follow without cancellation if the pivot is near the mean: {@code d = x − pivot; sum =
   * sum + d; square = fma(d, d, square)}, pixels in order.
   *
   * @param x input
   * @param xOffset where the first pixel is, first channel
   * @param xPixel distance of neighbouring pixels
   * @param pivot a value for each channel, such as those of one of the pixels
   * @param pivotOffset where the first channel's is
   * @param sums sums, and squares {@code sumsRow} further on
   * @param sumsOffset where the first channel's sum is
   * @param sumsRow distance of a channel's square from its sum
   * @param groups groups of 16 channels, ≥ 1
   * @param pixels how many, ≥ 1
   */
  void moments(
      Floats x,
      int xOffset,
      int xPixel,
      Floats pivot,
      int pivotOffset,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels);

  /**
   * Adds, for each channel, what batch normalisation needs for its gradients: {@code y = fma(z,
   * scale, shift); g = 0 < y && y < high ? dy : 0; sum = sum + g; product = fma(g, z − mean,
   * product)}, pixels in order. Sum is the gradient of β, product times {@code 1/√(variance + ε)}
   * that of γ.
   *
   * @param dy gradient of the activation's output
   * @param dyOffset where the first pixel is, first channel
   * @param dyPixel distance of neighbouring pixels
   * @param z input of the normalisation
   * @param zOffset where the first pixel is, first channel
   * @param zPixel distance of neighbouring pixels
   * @param norm scale, shift and mean
   * @param firstGroup which group of {@code norm} the first channel belongs to
   * @param high upper end of the activation, ∞ for none
   * @param sums sums, and products {@code sumsRow} further on
   * @param sumsOffset where the first channel's sum is
   * @param sumsRow distance of a channel's product from its sum
   * @param groups groups of 16 channels, ≥ 1
   * @param pixels how many, ≥ 1
   */
  void normGradientSums(
      Floats dy,
      int dyOffset,
      int dyPixel,
      Floats z,
      int zOffset,
      int zPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float high,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels);

  /**
   * The gradient of batch normalisation's input: {@code y = fma(z, scale, shift); g = 0 < y && y <
   * high ? dy : 0; dz = fma(slope, z − mean, fma(scale, g, constant))}.
   *
   * @param dy gradient of the activation's output
   * @param dyOffset where the first pixel is, first channel
   * @param dyPixel distance of neighbouring pixels
   * @param z input of the normalisation
   * @param zOffset where the first pixel is, first channel
   * @param zPixel distance of neighbouring pixels
   * @param norm scale, shift, mean, slope and constant
   * @param firstGroup which group of {@code norm} the first channel belongs to
   * @param high upper end of the activation, ∞ for none
   * @param dz output; may be dy or z, at the same offset and stride
   * @param dzOffset where the first pixel goes, first channel
   * @param dzPixel distance of neighbouring pixels
   * @param groups groups of 16 channels, ≥ 1
   * @param pixels how many, ≥ 1
   */
  void normGradient(
      Floats dy,
      int dyOffset,
      int dyPixel,
      Floats z,
      int zOffset,
      int zPixel,
      PackedBatchNorm norm,
      int firstGroup,
      float high,
      Floats dz,
      int dzOffset,
      int dzPixel,
      int groups,
      int pixels);
}

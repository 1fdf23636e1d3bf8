package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Gradients of plain loops against central differences of forward passes in double precision, which
 * are written here from the definitions. The loss is a sum of outputs, each times a number that
 * stands for what comes back from the layers behind. Other kernels give the same bits.
 */
class CentralDifferencesTest {
  private static final int GROUP = Channels.GROUP;
  private static final double EPSILON = 1e-3;

  private final Random random = new Random(7);
  private final Kernels kernels = new PlainKernels();
  private final TrainingKernels training = kernels.training();

  @Test
  void pointwise() {
    int pixels = 6;
    int c = 5;
    double[] x = random(pixels * c);
    double[] w = random(c * GROUP);
    double[] dy = random(pixels * GROUP);

    Buffer dw = kernels.allocate(w.length);
    TrainingKernels.Transposed product = new TrainingKernels.Transposed(c, 1, c, GROUP, GROUP);
    training.multiplyTransposed(product, pixels, floats(x), 0, floats(dy), 0, dw, 0);
    requireGradient(dw, w, v -> dot(dy, pointwise(x, v, pixels, c, GROUP)));

    PackedMatrix transposed = new PackedMatrix(kernels, GROUP, c);
    transposed.setTransposed(singles(w));
    Buffer dx = kernels.allocate(pixels * GROUP);
    Layout line = Layout.line(GROUP);
    kernels.multiply(
        new Kernels.Product(transposed, 1, line, line, Clamp.NONE),
        0,
        pixels,
        floats(dy),
        0,
        dx,
        0);
    requireGradient(compact(dx, pixels, c), x, v -> dot(dy, pointwise(v, w, pixels, c, GROUP)));
  }

  private static double[] pointwise(double[] x, double[] w, int pixels, int c, int k) {
    double[] y = new double[pixels * k];
    for (int p = 0; p < pixels; p++) {
      for (int i = 0; i < c; i++) {
        for (int j = 0; j < k; j++) {
          y[p * k + j] += x[p * c + i] * w[i * k + j];
        }
      }
    }
    return y;
  }

  @Test
  void depthwise() {
    for (int stride = 1; stride <= 2; stride++) {
      int rows = 3;
      int columns = 4;
      int xRows = (rows - 1) * stride + 3;
      int xColumns = (columns - 1) * stride + 3;
      double[] x = random(xRows * xColumns * GROUP);
      double[] w = random(9 * GROUP);
      double[] dy = random(rows * columns * GROUP);
      int s = stride;

      Buffer dw = kernels.allocate(w.length);
      Layout in = new Layout(GROUP, xColumns * GROUP, xColumns);
      Layout out = new Layout(GROUP, columns * GROUP, columns);
      training.depthwiseGradient(
          new TrainingKernels.DepthwiseGradient(stride, 1, in, out, GROUP),
          rows,
          floats(x),
          0,
          floats(dy),
          0,
          dw,
          0);
      requireGradient(dw, w, v -> dot(dy, depthwise(x, v, s, rows, columns)));

      // dy with zeros between its pixels, and two rows and columns of zeros around.
      int wide = xColumns + 2;
      Buffer dilated = kernels.allocate((xRows + 2) * wide * GROUP);
      for (int p = 0; p < rows; p++) {
        for (int q = 0; q < columns; q++) {
          int to = ((p * s + 2) * wide + q * s + 2) * GROUP;
          dilated.set(to, singles(dy), (p * columns + q) * GROUP, GROUP);
        }
      }
      PackedDepthwise flipped = new PackedDepthwise(kernels, GROUP);
      flipped.setFlipped(singles(w));
      Buffer dx = kernels.allocate(x.length);
      Kernels.Depthwise row =
          new Kernels.Depthwise(flipped, 1, new Layout(GROUP, wide * GROUP, wide), in, Clamp.NONE);
      for (int p = 0; p < xRows; p++) {
        kernels.depthwise(row, 0, 1, dilated, p * wide * GROUP, dx, p * xColumns * GROUP);
      }
      requireGradient(dx, x, v -> dot(dy, depthwise(v, w, s, rows, columns)));
    }
  }

  private static double[] depthwise(double[] x, double[] w, int stride, int rows, int columns) {
    int xColumns = (columns - 1) * stride + 3;
    double[] y = new double[rows * columns * GROUP];
    for (int i = 0; i < y.length * 9; i++) {
      int tap = i % 9;
      int c = i / 9 % GROUP;
      int q = i / 9 / GROUP % columns;
      int p = i / 9 / GROUP / columns;
      int at = ((p * stride + tap / 3) * xColumns + q * stride + tap % 3) * GROUP + c;
      y[i / 9] += x[at] * w[tap * GROUP + c];
    }
    return y;
  }

  @Test
  void batchNormalisation() {
    int n = 12;
    double[] z = random(n * GROUP);
    double[] gamma = random(GROUP);
    double[] beta = random(GROUP);
    double[] dy = random(n * GROUP);
    float high = 0.7f;

    Buffer in = floats(z);
    Buffer moments = kernels.allocate(2 * GROUP);
    PackedBatchNorm norm = new PackedBatchNorm(kernels, GROUP);
    TrainingKernels.Channelwise all =
        new TrainingKernels.Channelwise(norm, 0, 1, GROUP, GROUP, GROUP, new Clamp(0, high));
    training.moments(all, n, in, 0, in, 0, moments, 0);
    float[] scale = new float[GROUP];
    float[] shift = new float[GROUP];
    float[] mean = new float[GROUP];
    double[] variance = new double[GROUP];
    float[] first = KernelCase.values(moments);
    for (int c = 0; c < GROUP; c++) {
      double std = first[c] / n;
      mean[c] = (float) (z[c] + std);
      variance[c] = first[GROUP + c] / n - std * std;
      scale[c] = (float) (gamma[c] / Math.sqrt(variance[c] + EPSILON));
      shift[c] = (float) (beta[c] - mean[c] * scale[c]);
    }
    norm.setForward(scale, shift, mean);
    Buffer y = kernels.allocate(n * GROUP);
    training.scaleShift(all, n, in, 0, y, 0);
    double[] expected = batchNormalisation(z, gamma, beta, n, high);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) KernelCase.values(y)[i])
          .as("y[%s]", i)
          .isCloseTo(expected[i], within(1e-5));
    }

    Buffer out = floats(dy);
    Buffer sums = kernels.allocate(2 * GROUP);
    training.normGradientSums(all, n, out, 0, in, 0, sums, 0);
    float[] slope = new float[GROUP];
    float[] constant = new float[GROUP];
    float[] dGamma = new float[GROUP];
    float[] second = KernelCase.values(sums);
    for (int c = 0; c < GROUP; c++) {
      slope[c] = (float) (-scale[c] * second[GROUP + c] / (n * (variance[c] + EPSILON)));
      constant[c] = -scale[c] * second[c] / n;
      dGamma[c] = (float) (second[GROUP + c] / Math.sqrt(variance[c] + EPSILON));
    }
    norm.setBackward(slope, constant);
    training.normGradient(all, n, out, 0, in, 0, y, 0);

    requireGradient(y, z, v -> dot(dy, batchNormalisation(v, gamma, beta, n, high)));
    requireGradient(sums, beta, v -> dot(dy, batchNormalisation(z, gamma, v, n, high)));
    Buffer packed = kernels.allocate(GROUP);
    packed.set(0, dGamma, 0, GROUP);
    requireGradient(packed, gamma, v -> dot(dy, batchNormalisation(z, v, beta, n, high)));
  }

  private static double[] batchNormalisation(
      double[] z, double[] gamma, double[] beta, int n, double high) {
    double[] y = new double[z.length];
    for (int c = 0; c < GROUP; c++) {
      int channel = c;
      double mean =
          IntStream.range(0, n).mapToDouble(i -> z[i * GROUP + channel]).average().orElseThrow();
      double variance =
          IntStream.range(0, n)
              .mapToDouble(i -> Math.pow(z[i * GROUP + channel] - mean, 2))
              .average()
              .orElseThrow();
      for (int i = 0; i < n; i++) {
        double x = (z[i * GROUP + c] - mean) / Math.sqrt(variance + EPSILON);
        y[i * GROUP + c] = Math.clamp(gamma[c] * x + beta[c], 0, high);
      }
    }
    return y;
  }

  /** Demands that a gradient is that of a loss, to 1e-4 of the largest. */
  private static void requireGradient(
      Buffer gradient, double[] at, Function<double[], Double> loss) {
    double step = 1e-6;
    double[] expected = new double[at.length];
    for (int i = 0; i < at.length; i++) {
      double[] v = at.clone();
      v[i] = at[i] + step;
      double above = loss.apply(v);
      v[i] = at[i] - step;
      expected[i] = (above - loss.apply(v)) / (2 * step);
    }
    double largest =
        IntStream.range(0, at.length).mapToDouble(i -> Math.abs(expected[i])).max().orElseThrow();
    float[] found = KernelCase.values(gradient);
    for (int i = 0; i < at.length; i++) {
      assertThat((double) found[i])
          .as("gradient %s of %s", i, at.length)
          .isCloseTo(expected[i], within(1e-4 * largest));
    }
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  /** Returns values from −1 to 1 that are exact as floats. */
  private double[] random(int length) {
    return random.doubles(length).map(u -> (float) (2 * u - 1)).toArray();
  }

  private static float[] singles(double[] values) {
    float[] singles = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      singles[i] = (float) values[i];
    }
    return singles;
  }

  private Buffer floats(double[] values) {
    return KernelCase.floats(kernels, singles(values));
  }

  /** Returns the first channels of each pixel of one group. */
  private Buffer compact(Buffer x, int pixels, int channels) {
    Buffer compact = kernels.allocate(pixels * channels);
    for (int p = 0; p < pixels; p++) {
      compact.set(p * channels, KernelCase.values(x), p * GROUP, channels);
    }
    return compact;
  }
}

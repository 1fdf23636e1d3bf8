package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.kernels.Buffer;
import io.github.mobilenet4j.kernels.Channels;
import io.github.mobilenet4j.kernels.Clamp;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.Layout;
import io.github.mobilenet4j.kernels.PackedDepthwise;
import io.github.mobilenet4j.kernels.PackedMatrix;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One layer of MobileNet V1 by its kernel alone: one picture, one thread, the pieces that the
 * inference plan works in. {@link KernelTimes} sets the parameters.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class KernelBenchmark {
  /** Floats of the strip of pixels that a pointwise product reads again and again. */
  private static final int STRIP = 1 << 15;

  private static final Clamp RELU6 = new Clamp(0, 6);

  /** α of the network. */
  @Param({})
  public double alpha;

  /** Rows and columns of the network's input. */
  @Param({})
  public int resolution;

  /** {@link Layer#name()}. */
  @Param({})
  public String layer;

  private final Kernels kernels = KernelChoice.current().kernels();
  private final RandomGenerator random = new SplittableRandom(1);
  private Runnable work;

  static MobileNetV1 network(double alpha, int resolution) {
    return MobileNetV1.builder().widthMultiplier(alpha).resolution(resolution).build();
  }

  /** Prepares random input and weights. */
  @Setup
  public void prepare() {
    work =
        network(alpha, resolution).layers().stream()
            .filter(l -> l.name().equals(layer))
            .map(this::work)
            .findFirst()
            .orElseThrow();
  }

  /** Computes the layer once. */
  @Benchmark
  public void run() {
    work.run();
  }

  private Runnable work(Layer layer) {
    int c = layer.in().channels();
    int k = layer.out().channels();
    int rows = layer.out().height();
    int columns = layer.out().width();
    int pixel = Channels.pixelStride(c);
    int outPixel = Channels.pixelStride(k);
    Layout out = new Layout(outPixel, columns * outPixel, columns);
    Buffer y = kernels.allocate(rows * columns * outPixel);
    return switch (layer) {
      case Layer.Standard s -> {
        int row = (layer.in().width() + 2) * c;
        Buffer x = normal((layer.in().height() + 2) * row);
        Layout in = new Layout(s.stride() * c, row, columns);
        Kernels.Product product = new Kernels.Product(matrix(9 * c, k), 3, in, out, RELU6);
        yield () -> {
          for (int p = 0; p < rows; p++) {
            kernels.multiply(product, columns, x, p * s.stride() * row, y, p * out.row());
          }
        };
      }
      case Layer.Depthwise d -> {
        Layout in = new Layout(pixel, (layer.in().width() + 2) * pixel, layer.in().width());
        Buffer x = normal((layer.in().height() + 2) * in.row());
        PackedDepthwise w = new PackedDepthwise(kernels, c, values(9 * c), values(c));
        Kernels.Depthwise depthwise = new Kernels.Depthwise(w, d.stride(), in, out, RELU6);
        int groups = Channels.groups(c);
        yield () -> {
          for (int p = 0; p < rows; p++) {
            kernels.depthwise(depthwise, 0, groups, x, p * d.stride() * in.row(), y, 0);
          }
        };
      }
      case Layer.Pointwise _, Layer.Dense _, Layer.Classifier _ -> {
        int strip = Math.clamp(STRIP / (columns * pixel), 1, rows);
        Buffer x = normal(strip * columns * pixel);
        Kernels.Product product =
            new Kernels.Product(matrix(c, k), 1, Layout.line(pixel), out, RELU6);
        yield () -> {
          for (int p = 0; p < rows; p += strip) {
            kernels.multiply(product, Math.min(strip, rows - p) * columns, x, 0, y, p * out.row());
          }
        };
      }
      case Layer.GlobalAveragePool _ -> {
        Layout in = new Layout(pixel, layer.in().width() * pixel, layer.in().width());
        Buffer x = normal(layer.in().height() * in.row());
        int groups = Channels.groups(c);
        yield () -> kernels.averagePool(in, layer.in().height(), groups, x, 0, y, 0);
      }
    };
  }

  private PackedMatrix matrix(int rows, int columns) {
    return new PackedMatrix(kernels, rows, columns, values(rows * columns), values(columns));
  }

  private Buffer normal(int length) {
    Buffer floats = kernels.allocate(length);
    floats.set(0, values(length), 0, length);
    return floats;
  }

  private float[] values(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}

package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every implementation of {@link QuantizedKernels} has to do: give the bytes of plain loops
 * written down here, write nothing else, allocate nothing.
 */
class QuantizedKernelsTest {
  private static final int MARGIN = 40;
  private static final byte GUARD = 77;

  enum Implementation {
    PLAIN(null),
    VECTOR(null),
    AVX2(Instructions.AVX2),
    AVX_VNNI(Instructions.AVX_VNNI),
    AVX512_VNNI(Instructions.AVX512_VNNI),
    AMX(Instructions.AMX_INT8);

    final Instructions instructions;

    Implementation(Instructions instructions) {
      this.instructions = instructions;
    }

    QuantizedKernels create() {
      if (this == VECTOR) {
        return new VectorKernelsTest().create().quantized();
      }
      if (instructions == null) {
        return new PlainQuantizedKernels();
      }
      String obstacle = instructions.obstacle(Processor.widestVectorBits());
      assumeTrue(obstacle == null, "skipped: no " + this + " here: " + obstacle);
      return new MachineCodeQuantizedKernels(
          instructions, new NativeMemory(new NativeMemory.Budget()));
    }
  }

  /** The rounding of gemmlowp, as its documentation states it. */
  static int requantized(int sum, int column, Requantization r) {
    int left = Math.max(r.shifts()[column], 0);
    int right = Math.max(-r.shifts()[column], 0);
    if (r.single()) {
      long whole = 1L << 31 - left + right;
      long rounded = Math.floorDiv((long) sum * r.multipliers()[column] + whole / 2, whole);
      return Math.clamp(rounded + r.zeroPoint(), r.low(), r.high());
    }
    long product = (long) (sum << left) * r.multipliers()[column];
    long nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
    int high = (int) ((product + nudge) / (1L << 31));
    int mask = (int) ((1L << right) - 1);
    int remainder = high & mask;
    int threshold = (mask >> 1) + (high < 0 ? 1 : 0);
    int rounded = (high >> right) + (remainder > threshold ? 1 : 0);
    return Math.max(r.low(), Math.min(r.high(), rounded + r.zeroPoint()));
  }

  /**
   * A logit of vww_96_int8 on ImageNet's n04399382: TensorFlow 2.21's reference FULLY_CONNECTED
   * gave 111, rounded twice it would be 112.
   */
  @Test
  void fullyConnectedLayersRoundOnce() {
    double factor = (double) (0.01565691f * 0.0047202893f) / 0.01463622f;
    Requantization twice = Requantization.of(new double[] {factor}, 128 - 5, 0, 255);
    assertThat(twice.apply(23071, 0)).isEqualTo(128 + 112);
    assertThat(twice.singly().apply(23071, 0)).isEqualTo(128 + 111);
  }

  /** A case whose kernels, sums and shifts are drawn. */
  private static final class Case {
    final Random random;
    final QuantizedKernels kernels;

    Case(QuantizedKernels kernels, long seed) {
      this.kernels = kernels;
      // The first numbers of neighbouring seeds are nearly the same.
      this.random = new Random(seed * 0x9E3779B97F4A7C15L);
    }

    int some(int most) {
      return 1 + random.nextInt(most);
    }

    /** Values of a kernel less a zero point. */
    short[] kernel(int length) {
      int zeroPoint =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(256);
            case 1 -> 0;
            case 2 -> 255;
            default -> 128;
          };
      short[] values = new short[length];
      for (int i = 0; i < length; i++) {
        int value = random.nextInt(3) == 0 ? random.nextInt(2) * 255 : random.nextInt(256);
        values[i] = (short) (value - zeroPoint);
      }
      return values;
    }

    int[] bias(int length, int most) {
      return random.ints(length, -most, most + 1).toArray();
    }

    Requantization requantization(int columns, int terms) {
      double size = terms * 127.0 * 60;
      double[] factors = new double[columns];
      for (int k = 0; k < columns; k++) {
        factors[k] =
            switch (random.nextInt(20)) {
              case 0 -> 0;
              case 1 -> 1e-12;
              case 2 -> 0.5;
              case 3 -> 1e-4;
              default -> 200 / size * (0.2 + random.nextDouble());
            };
      }
      int zeroPoint = random.nextInt(256);
      boolean relu = random.nextBoolean();
      if (!relu && random.nextBoolean()) {
        factors[random.nextInt(columns)] = 1.5;
      }
      int low = relu ? zeroPoint : random.nextInt(100);
      int high = Math.max(low, 255 - random.nextInt(3) * random.nextInt(50));
      Requantization twice = Requantization.of(factors, zeroPoint, low, high);
      return switch (random.nextInt(3)) {
        case 0 -> twice;
        case 1 -> twice.singly();
        default -> {
          float[] floats = new float[columns];
          for (int k = 0; k < columns; k++) {
            floats[k] = (float) factors[k];
          }
          yield Requantization.ofFloats(floats, zeroPoint, low, high);
        }
      };
    }

    byte[] bytes(int length) {
      byte[] values = new byte[length];
      random.nextBytes(values);
      return values;
    }

    Buffer buffer(byte[] values) {
      Buffer buffer = kernels.allocate(values.length);
      buffer.set(0, values, 0, values.length);
      return buffer;
    }
  }

  private static byte[] guarded(int length) {
    byte[] values = new byte[length];
    Arrays.fill(values, GUARD);
    return values;
  }

  private static byte[] read(Buffer buffer, int length) {
    byte[] values = new byte[length];
    buffer.get(0, values, 0, length);
    return values;
  }

  private static Runnable product(QuantizedKernels kernels, long seed) {
    Case c = new Case(kernels, seed);
    int segments = c.random.nextInt(4) == 0 ? 3 : 1;
    int length = segments == 3 ? c.some(9) : c.some(seed % 7 == 0 ? 1024 : 70);
    int k = c.some(150);
    int pixels = c.some(50);
    int aPixel = segments > 1 ? c.some(length) : length + c.random.nextInt(20);
    int aRow = (pixels - 1) * aPixel + length + c.random.nextInt(20);
    int padded = Channels.padded(k);
    int yPixel = padded + c.random.nextInt(3) * 16;
    int columns = c.some(pixels);
    Layout in = new Layout(aPixel, aRow, pixels);
    Layout out = new Layout(yPixel, columns * yPixel + c.random.nextInt(50), columns);
    int zeroPoint = c.random.nextInt(256);
    short[] kernel = c.kernel(segments * length * k);
    int[] bias = c.bias(k, 10_000);
    Requantization r = c.requantization(k, segments * length);
    byte[] x = c.bytes(MARGIN + (pixels - 1) * aPixel + (segments - 1) * aRow + length);
    Buffer a = c.buffer(x);
    byte[] expected = guarded(MARGIN + out.at(pixels - 1) + padded + MARGIN);
    Buffer y = c.buffer(expected);
    Place sums = new Place(kernels.allocate((pixels + 1) * Integer.BYTES), 1);
    QuantizedMatrix matrix =
        new QuantizedMatrix(kernels, segments, segments * length, kernel, bias, zeroPoint, r);
    QuantizedKernels.Product product = new QuantizedKernels.Product(matrix, segments, in, out);
    for (int m = 0; m < pixels; m++) {
      for (int column = 0; column < padded; column++) {
        int value = Math.max(r.low(), Math.min(r.high(), r.zeroPoint()));
        if (column < k) {
          int sum = bias[column];
          for (int s = 0; s < segments; s++) {
            for (int i = 0; i < length; i++) {
              int v = (x[MARGIN + m * aPixel + s * aRow + i] & 0xff) - zeroPoint;
              sum += v * kernel[(s * length + i) * k + column];
            }
          }
          value = requantized(sum, column, r);
        }
        expected[MARGIN + out.at(m) + column] = (byte) value;
      }
    }
    Runnable call =
        () -> {
          if (matrix.needsSums()) {
            kernels.sums(product, pixels, a, MARGIN, sums);
          }
          for (int panel = 0; panel < matrix.panels(); panel++) {
            kernels.multiply(product, panel, pixels, a, MARGIN, sums, y, MARGIN);
          }
        };
    call.run();
    assertThat(read(y, expected.length)).as("product %s, %s", seed, product).isEqualTo(expected);
    return call;
  }

  private static Runnable depthwise(QuantizedKernels kernels, long seed) {
    Case c = new Case(kernels, seed);
    int channels = c.some(seed % 5 == 0 ? 300 : 70);
    int stride = 1 << c.random.nextInt(3);
    int columns = c.some(20);
    int padded = Channels.padded(channels);
    int taps = (columns - 1) * stride + 3;
    int xPixel = padded + c.random.nextInt(2) * 16;
    int yPixel = padded + c.random.nextInt(2) * 16;
    Layout in = new Layout(xPixel, taps * xPixel + c.random.nextInt(30), taps);
    Layout out = new Layout(yPixel, 0, columns);
    int zeroPoint = c.random.nextInt(256);
    short[] filters = c.kernel(9 * channels);
    int[] bias = c.bias(channels, 10_000);
    Requantization r = c.requantization(channels, 9);
    byte[] x = c.bytes(MARGIN + 2 * in.row() + taps * xPixel);
    Buffer input = c.buffer(x);
    byte[] expected = guarded(MARGIN + (columns - 1) * yPixel + padded + MARGIN);
    Buffer y = c.buffer(expected);
    QuantizedFilters packed = new QuantizedFilters(kernels, filters, bias, zeroPoint, r);
    int first = c.random.nextInt(packed.parts());
    int parts = c.some(packed.parts() - first);
    int end = Math.min(padded, (first + parts) * packed.partChannels());
    QuantizedKernels.Depthwise row = new QuantizedKernels.Depthwise(packed, stride, in, out);
    for (int q = 0; q < columns; q++) {
      for (int channel = first * packed.partChannels(); channel < end; channel++) {
        int value = Math.max(r.low(), Math.min(r.high(), r.zeroPoint()));
        if (channel < channels) {
          int sum = bias[channel];
          for (int tap = 0; tap < 9; tap++) {
            int at = tap / 3 * in.row() + (q * stride + tap % 3) * xPixel + channel;
            sum += ((x[MARGIN + at] & 0xff) - zeroPoint) * filters[tap * channels + channel];
          }
          value = requantized(sum, channel, r);
        }
        expected[MARGIN + q * yPixel + channel] = (byte) value;
      }
    }
    Runnable call = () -> kernels.depthwise(row, first, parts, input, MARGIN, y, MARGIN);
    call.run();
    assertThat(read(y, expected.length)).as("depthwise %s, %s", seed, row).isEqualTo(expected);
    return call;
  }

  private static Runnable sumPool(QuantizedKernels kernels, long seed) {
    Case c = new Case(kernels, seed);
    int groups = c.some(10);
    int rows = c.some(8);
    int columns = c.some(8);
    int pixel = (groups + c.random.nextInt(2)) * Channels.GROUP;
    Layout in = new Layout(pixel, columns * pixel + c.random.nextInt(30), columns);
    byte[] x = c.bytes(MARGIN + rows * in.row());
    Buffer input = c.buffer(x);
    int channels = groups * Channels.GROUP;
    int[] expected = new int[channels + 2];
    Arrays.fill(expected, -7);
    Buffer y = kernels.allocate(expected.length * Integer.BYTES);
    y.set(0, expected, 0, expected.length);
    for (int channel = 0; channel < channels; channel++) {
      expected[1 + channel] = 0;
      for (int i = 0; i < rows * columns; i++) {
        int at = MARGIN + i / columns * in.row() + i % columns * pixel + channel;
        expected[1 + channel] += x[at] & 0xff;
      }
    }
    Runnable call = () -> kernels.sumPool(in, rows, groups, input, MARGIN, y, 1);
    call.run();
    int[] found = new int[expected.length];
    y.get(0, found, 0, found.length);
    assertThat(found).as("pool %s", seed).isEqualTo(expected);
    return call;
  }

  private static Runnable quantize(QuantizedKernels kernels, long seed) {
    Case c = new Case(kernels, seed);
    int count = c.some(100);
    float scale = 0.001f + c.random.nextFloat();
    int zeroPoint = c.random.nextInt(256);
    float[] x = new float[count + 20];
    for (int i = 0; i < x.length; i++) {
      x[i] =
          switch (c.random.nextInt(4)) {
            case 0 -> scale * (c.random.nextInt(600) - 300) / 2;
            case 1 -> (c.random.nextFloat() - 0.5f) * 1e30f;
            default -> (c.random.nextFloat() - 0.5f) * 600 * scale;
          };
    }
    Buffer input = kernels.allocate(x.length * Float.BYTES);
    input.set(0, x, 0, x.length);
    byte[] expected = guarded(MARGIN + count);
    for (int i = 0; i < count; i++) {
      // TensorFlow Lite: std::round of a float quotient.
      double quotient = x[3 + i] / scale;
      double rounded = Math.signum(quotient) * Math.floor(Math.abs(quotient) + 0.5);
      expected[MARGIN + i] = (byte) Math.max(0, Math.min(255, rounded + zeroPoint));
    }
    InputQuantization quantization = new InputQuantization(kernels, scale, zeroPoint);
    Buffer y = c.buffer(guarded(MARGIN + count));
    Runnable call = () -> kernels.quantize(quantization, input, 3, count, y, MARGIN);
    call.run();
    assertThat(read(y, expected.length)).as("quantize %s", seed).isEqualTo(expected);
    return call;
  }

  private static List<Runnable> all(QuantizedKernels kernels) {
    List<Runnable> calls = new ArrayList<>();
    for (long seed = 0; seed < 700; seed++) {
      calls.add(product(kernels, seed));
      calls.add(depthwise(kernels, seed));
    }
    for (long seed = 0; seed < 50; seed++) {
      calls.add(sumPool(kernels, seed));
      calls.add(quantize(kernels, seed));
    }
    return calls;
  }

  @ParameterizedTest
  @EnumSource
  void givesTheBytesOfTheSpecificationAndAllocatesNothing(Implementation implementation) {
    QuantizedKernels kernels = implementation.create();
    List<Runnable> calls = all(kernels);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + 60_000_000_000L;
    long bytes;
    do {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < calls.size(); i++) {
        calls.get(i).run();
      }
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
    } while (bytes > 0 && System.nanoTime() < end);
    assertThat(bytes).as("bytes allocated by a run over all cases").isZero();
    all(kernels);
  }

  @Test
  void requantizationIsThatOfTheSpecification() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      double factor = Math.scalb(1 + random.nextDouble(), -random.nextInt(40));
      Requantization r = Requantization.of(new double[] {factor}, 9, 0, 255);
      int sum = random.nextInt(1 << 1 + random.nextInt(27)) * (random.nextBoolean() ? 1 : -1);
      assertThat(r.apply(sum, 0)).isEqualTo(requantized(sum, 0, r));
    }
  }

  @Test
  void wrongParametersAreRefused() {
    assertThatThrownBy(() -> Requantization.of(new double[] {-1}, 0, 0, 255))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Requantization.of(new double[] {Double.NaN}, 0, 0, 255))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Requantization.of(new double[] {1}, 256, 0, 255))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

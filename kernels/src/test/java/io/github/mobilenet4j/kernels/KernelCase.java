package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.Random;
import java.util.function.BiConsumer;

/**
 * One call of a kernel, made from a few numbers. As a record it prints them all.
 *
 * <p>Whatever an input buffer holds beside the values that the formula names is NaN, and buffers
 * end with the last value named, so that a stray read shows. Whatever an output buffer holds beside
 * the values written is a number that must still be there afterwards.
 */
sealed interface KernelCase
    permits KernelCase.Product, KernelCase.Depthwise, KernelCase.AveragePool, TrainingCase {
  /** Stands around outputs; no sum of a test comes out as this. */
  float GUARD = -123456.789e20f;

  /** Floats before the first output, and at most after the last. */
  int MARGIN = 37;

  /** Values from which most sums come out as zeros of both signs, or denormal. */
  float[] TINY = {0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, 0x1p-80f, -0x1p-80f, 0x1p-70f};

  /** Values that arithmetic treats in a way of its own. */
  float[] EXTREME = {
    0f,
    -0f,
    1f,
    -1f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    3 * Float.MIN_VALUE,
    Float.MIN_NORMAL,
    -Float.MIN_NORMAL,
    Math.nextDown(Float.MIN_NORMAL),
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN,
    0x1p-75f,
    0x1p64f,
    6f,
    Math.nextUp(6f)
  };

  /** Makes the buffers of a call. */
  Call prepare(Kernels kernels);

  /** Calls the kernel, and compares all of both buffers with the specification. */
  default void check(Kernels kernels) {
    Call call = prepare(kernels);
    call.kernel.run();
    call.specification.run();
    requireSame(kernels, call.in, call.x, "input");
    requireSame(kernels, call.out, call.y, "output");
  }

  /**
   * A call of a kernel that reads {@code in} and writes {@code out}, and one of the specification
   * that reads {@code x} and writes {@code y}, which hold the same values before.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Call(
      Buffer in, float[] x, Buffer out, float[] y, Runnable kernel, Runnable specification) {
    static Call of(
        Kernels kernels,
        float[] x,
        float[] y,
        BiConsumer<Buffer, Buffer> kernel,
        Runnable specification) {
      Buffer in = floats(kernels, x);
      Buffer out = floats(kernels, y);
      return new Call(in, x, out, y, () -> kernel.accept(in, out), specification);
    }
  }

  /** Which values a case is made of. */
  enum Kind {
    /** −1 to 1. */
    ORDINARY,

    /** One in sixteen of {@link #EXTREME}: with more of them nearly every sum would be NaN. */
    WITH_EXTREME,

    /** All of {@link #TINY}. */
    TINY
  }

  /** Where the values of a case come from. */
  record Values(long seed, Kind kind) {
    float[] of(int length, Random random) {
      float[] values = new float[length];
      for (int i = 0; i < length; i++) {
        values[i] = next(random);
      }
      return values;
    }

    /** Writes runs of {@code length} values, {@code stride} apart. */
    void fill(float[] target, int offset, int runs, int stride, int length, Random random) {
      for (int i = 0; i < runs; i++) {
        for (int k = 0; k < length; k++) {
          target[offset + i * stride + k] = next(random);
        }
      }
    }

    float next(Random random) {
      if (kind == Kind.TINY) {
        return TINY[random.nextInt(TINY.length)];
      }
      return kind == Kind.WITH_EXTREME && random.nextInt(16) == 0
          ? EXTREME[random.nextInt(EXTREME.length)]
          : 2 * random.nextFloat() - 1;
    }

    Random random() {
      return new Random(seed);
    }
  }

  /**
   * A product {@code [pixels,C] · [C,K]}.
   *
   * @param allPanels compute all panels; else all but the first and last, where there are more
   */
  record Product(
      int c,
      int k,
      int segments,
      Layout in,
      int pixels,
      Layout out,
      boolean allPanels,
      int margin,
      Clamp clamp,
      Values values)
      implements KernelCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int length = c / segments;
      float[] x =
          filled(
              MARGIN + (pixels - 1) * in.pixel() + (segments - 1) * in.row() + length, Float.NaN);
      for (int m = 0; m < pixels; m++) {
        values.fill(x, MARGIN + m * in.pixel(), segments, in.row(), length, random);
      }
      float[] b = values.of(c * k, random);
      float[] bias = values.of(k, random);
      int padded = Channels.padded(k);
      float[] y = filled(MARGIN + out.at(pixels - 1) + padded + margin, GUARD);

      PackedMatrix matrix = new PackedMatrix(kernels, c, k, b, bias);
      int firstPanel = allPanels ? 0 : Math.min(1, matrix.panels() - 1);
      int endPanel = allPanels ? matrix.panels() : Math.max(firstPanel + 1, matrix.panels() - 1);
      int firstColumn = matrix.firstColumn(firstPanel);
      int endColumn = matrix.firstColumn(endPanel - 1) + matrix.width(endPanel - 1);
      Kernels.Product product = new Kernels.Product(matrix, segments, in, out, clamp);
      Specification.Weights w = weights(b, c, bias);
      return Call.of(
          kernels,
          x,
          y,
          (input, output) -> {
            for (int panel = firstPanel; panel < endPanel; panel++) {
              kernels.multiply(product, panel, pixels, input, MARGIN, output, MARGIN);
            }
          },
          () ->
              Specification.multiply(
                  product, w, firstColumn, endColumn, pixels, x, MARGIN, y, MARGIN));
    }
  }

  /** A depthwise row. */
  record Depthwise(
      int channels,
      int firstGroup,
      int groups,
      int stride,
      Layout in,
      Layout out,
      int margin,
      Clamp clamp,
      Values values)
      implements KernelCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int first = firstGroup * Channels.GROUP;
      int end = first + groups * Channels.GROUP;
      int taps = (out.columns() - 1) * stride + 3;
      float[] x = filled(MARGIN + 2 * in.row() + (taps - 1) * in.pixel() + end, Float.NaN);
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < taps; j++) {
          for (int c = first; c < end; c++) {
            int at = MARGIN + i * in.row() + j * in.pixel() + c;
            x[at] = c < channels ? values.next(random) : 0;
          }
        }
      }
      float[] filters = values.of(9 * channels, random);
      float[] bias = values.of(channels, random);
      float[] y = filled(MARGIN + (out.columns() - 1) * out.pixel() + end + margin, GUARD);

      PackedDepthwise packed = new PackedDepthwise(kernels, channels, filters, bias);
      Kernels.Depthwise row = new Kernels.Depthwise(packed, stride, in, out, clamp);
      Specification.Weights w = weights(filters, 9, bias);
      return Call.of(
          kernels,
          x,
          y,
          (input, output) ->
              kernels.depthwise(row, firstGroup, groups, input, MARGIN, output, MARGIN),
          () -> Specification.depthwise(row, w, first, end, x, MARGIN, y, MARGIN));
    }
  }

  /** An average over a picture. */
  record AveragePool(int groups, int rows, Layout in, int margin, Values values)
      implements KernelCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int channels = groups * Channels.GROUP;
      int last = (rows - 1) * in.row() + (in.columns() - 1) * in.pixel();
      float[] x = filled(MARGIN + last + channels, Float.NaN);
      for (int h = 0; h < rows; h++) {
        values.fill(x, MARGIN + h * in.row(), in.columns(), in.pixel(), channels, random);
      }
      float[] y = filled(MARGIN + channels + margin, GUARD);
      return Call.of(
          kernels,
          x,
          y,
          (input, output) -> kernels.averagePool(in, rows, groups, input, MARGIN, output, MARGIN),
          () -> Specification.averagePool(in, rows, channels, x, MARGIN, y, MARGIN));
    }
  }

  static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }

  static Buffer floats(Kernels kernels, float[] values) {
    Buffer floats = kernels.allocate(values.length);
    floats.set(0, values, 0, values.length);
    return floats;
  }

  static float[] values(Buffer floats) {
    float[] values = new float[floats.length()];
    floats.get(0, values, 0, values.length);
    return values;
  }

  /** {@code [rows,columns]} and {@code [columns]} with zeros up to whole groups. */
  private static Specification.Weights weights(float[] values, int rows, float[] bias) {
    int padded = Channels.padded(bias.length);
    float[] wide = new float[rows * padded];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(values, r * bias.length, wide, r * padded, bias.length);
    }
    return new Specification.Weights(wide, Arrays.copyOf(bias, padded));
  }

  /** Demands equal bits; a NaN may be any NaN, since IEEE 754 leaves its bits open. */
  private void requireSame(Kernels kernels, Buffer found, float[] expected, String buffer) {
    float[] values = values(found);
    for (int i = 0; i < values.length; i++) {
      if (Float.floatToIntBits(values[i]) != Float.floatToIntBits(expected[i])) {
        fail(
            "%s: %s at its offset + %s is %s (%08x), expected %s (%08x)%s; %s"
                .formatted(
                    kernels.name(),
                    buffer,
                    i - MARGIN,
                    values[i],
                    Float.floatToRawIntBits(values[i]),
                    expected[i],
                    Float.floatToRawIntBits(expected[i]),
                    expected[i] == GUARD ? ", which stood there before" : "",
                    this));
      }
    }
  }
}

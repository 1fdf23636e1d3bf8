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
      Floats in, float[] x, Floats out, float[] y, Runnable kernel, Runnable specification) {
    static Call of(
        Kernels kernels,
        float[] x,
        float[] y,
        BiConsumer<Floats, Floats> kernel,
        Runnable specification) {
      Floats in = floats(kernels, x);
      Floats out = floats(kernels, y);
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
      int aPixel,
      int aSegment,
      int pixels,
      int columns,
      int yPixel,
      int yRow,
      boolean allPanels,
      int margin,
      float low,
      float high,
      Values values)
      implements KernelCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int length = c / segments;
      float[] a =
          filled(MARGIN + (pixels - 1) * aPixel + (segments - 1) * aSegment + length, Float.NaN);
      for (int m = 0; m < pixels; m++) {
        for (int s = 0; s < segments; s++) {
          for (int i = 0; i < length; i++) {
            a[MARGIN + m * aPixel + s * aSegment + i] = values.next(random);
          }
        }
      }
      float[] b = values.of(c * k, random);
      float[] bias = values.of(k, random);
      int padded = Channels.padded(k);
      int last = (pixels - 1) / columns * yRow + (pixels - 1) % columns * yPixel;
      float[] y = filled(MARGIN + last + padded + margin, GUARD);

      PackedMatrix matrix = new PackedMatrix(kernels, c, k, b, bias);
      int firstPanel = allPanels ? 0 : Math.min(1, matrix.panels() - 1);
      int endPanel = allPanels ? matrix.panels() : Math.max(firstPanel + 1, matrix.panels() - 1);
      int firstColumn = matrix.firstColumn(firstPanel);
      int endColumn = matrix.firstColumn(endPanel - 1) + matrix.width(endPanel - 1);
      return Call.of(
          kernels,
          a,
          y,
          (in, out) -> {
            for (int panel = firstPanel; panel < endPanel; panel++) {
              kernels.multiply(
                  in, MARGIN, aPixel, segments, aSegment, matrix, panel, out, MARGIN, yPixel, yRow,
                  columns, pixels, low, high);
            }
          },
          () ->
              Specification.multiply(
                  a,
                  MARGIN,
                  aPixel,
                  segments,
                  aSegment,
                  padded(b, c, k, padded),
                  padded(bias, 1, k, padded),
                  firstColumn,
                  endColumn,
                  y,
                  MARGIN,
                  yPixel,
                  yRow,
                  columns,
                  pixels,
                  low,
                  high));
    }
  }

  /** A depthwise row. */
  record Depthwise(
      int channels,
      int firstGroup,
      int groups,
      int stride,
      int columns,
      int xPixel,
      int xRow,
      int yPixel,
      int margin,
      float low,
      float high,
      Values values)
      implements KernelCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int first = firstGroup * Channels.GROUP;
      int end = first + groups * Channels.GROUP;
      int taps = (columns - 1) * stride + 3;
      float[] x = filled(MARGIN + 2 * xRow + (taps - 1) * xPixel + end, Float.NaN);
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < taps; j++) {
          for (int c = first; c < end; c++) {
            x[MARGIN + i * xRow + j * xPixel + c] = c < channels ? values.next(random) : 0;
          }
        }
      }
      float[] filters = values.of(9 * channels, random);
      float[] bias = values.of(channels, random);
      float[] y = filled(MARGIN + (columns - 1) * yPixel + end + margin, GUARD);

      int padded = Channels.padded(channels);
      PackedDepthwise w = new PackedDepthwise(kernels, channels, filters, bias);
      return Call.of(
          kernels,
          x,
          y,
          (in, out) ->
              kernels.depthwise(
                  in,
                  MARGIN,
                  xPixel,
                  xRow,
                  stride,
                  w,
                  firstGroup,
                  groups,
                  out,
                  MARGIN,
                  yPixel,
                  columns,
                  low,
                  high),
          () ->
              Specification.depthwise(
                  x,
                  MARGIN,
                  xPixel,
                  xRow,
                  stride,
                  padded(filters, 9, channels, padded),
                  padded(bias, 1, channels, padded),
                  first,
                  end,
                  y,
                  MARGIN,
                  yPixel,
                  columns,
                  low,
                  high));
    }
  }

  /** An average over a picture. */
  record AveragePool(
      int groups, int rows, int columns, int xPixel, int xRow, int margin, Values values)
      implements KernelCase {
    @Override
    public Call prepare(Kernels kernels) {
      Random random = values.random();
      int channels = groups * Channels.GROUP;
      float[] x = filled(MARGIN + (rows - 1) * xRow + (columns - 1) * xPixel + channels, Float.NaN);
      for (int h = 0; h < rows; h++) {
        for (int w = 0; w < columns; w++) {
          for (int c = 0; c < channels; c++) {
            x[MARGIN + h * xRow + w * xPixel + c] = values.next(random);
          }
        }
      }
      float[] y = filled(MARGIN + channels + margin, GUARD);
      return Call.of(
          kernels,
          x,
          y,
          (in, out) ->
              kernels.averagePool(in, MARGIN, xPixel, xRow, rows, columns, groups, out, MARGIN),
          () ->
              Specification.averagePool(
                  x, MARGIN, xPixel, xRow, rows, columns, channels, y, MARGIN));
    }
  }

  static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }

  static Floats floats(Kernels kernels, float[] values) {
    Floats floats = kernels.allocate(values.length);
    floats.set(0, values, 0, values.length);
    return floats;
  }

  static float[] values(Floats floats) {
    float[] values = new float[floats.length()];
    floats.get(0, values, 0, values.length);
    return values;
  }

  /** {@code [rows,columns]} with zeros up to {@code [rows,padded]}. */
  private static float[] padded(float[] values, int rows, int columns, int padded) {
    float[] result = new float[rows * padded];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(values, r * columns, result, r * padded, columns);
    }
    return result;
  }

  /** Demands equal bits; a NaN may be any NaN, since IEEE 754 leaves its bits open. */
  private void requireSame(Kernels kernels, Floats found, float[] expected, String buffer) {
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

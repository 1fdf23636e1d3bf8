package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.KernelWriter.Function;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** Machine code that a {@link KernelWriter} writes. */
final class MachineCodeTrainingKernels implements TrainingKernels {
  private static final MethodHandle MULTIPLY_TRANSPOSED = MachineCode.handle(9, 0);
  private static final MethodHandle DEPTHWISE_GRADIENT = MachineCode.handle(12, 0);

  /** Two places and a count. */
  private static final MethodHandle COPY = MachineCode.handle(3, 0);

  private static final MethodHandle CHANNELWISE = MachineCode.handle(9, 2);

  /** What was written once, for all threads. */
  static final class Code {
    /** Functions by groups of 16 columns, then rows in a tile; neither is ever 0. */
    final MemorySegment[][] multiplyTransposed;

    /** Functions by stride; index 0 is not used. */
    final MemorySegment[] depthwiseGradient;

    final MemorySegment round;
    final MemorySegment stream;

    /** Functions in the order of {@link Function}. */
    final MemorySegment[] channelwise;

    /**
     * Writes the code.
     *
     * @throws UnsupportedOperationException if the operating system refuses executable memory
     */
    Code(KernelWriter writer) {
      int[][] multiplyTransposedAt = MachineCode.tiles(writer, writer::multiplyTransposed);
      int[] depthwiseGradientAt = {0, writer.depthwiseGradient(1), writer.depthwiseGradient(2)};
      int roundAt = writer.roundToBfloat16();
      int streamAt = writer.stream();
      int[] channelwiseAt =
          Arrays.stream(Function.values()).mapToInt(writer::channelwise).toArray();
      MemorySegment code = MachineCode.load(writer.code());
      multiplyTransposed = MachineCode.functions(code, multiplyTransposedAt);
      depthwiseGradient = MachineCode.functions(code, depthwiseGradientAt);
      round = code.asSlice(roundAt);
      stream = code.asSlice(streamAt);
      channelwise = MachineCode.functions(code, channelwiseAt);
    }
  }

  private final Code code;
  private final Ahead ahead;

  /**
   * @param ahead what products ask for while they multiply
   */
  MachineCodeTrainingKernels(Code code, Ahead ahead) {
    this.code = code;
    this.ahead = ahead;
  }

  @Override
  public void multiplyTransposed(
      Transposed product,
      int pixels,
      Buffer a,
      int aOffset,
      Buffer b,
      int bOffset,
      Buffer y,
      int yOffset) {
    int mostGroups = code.multiplyTransposed.length - 1;
    for (int group = 0; group < product.groups(); ) {
      int width = share(product.groups() - group, mostGroups);
      MemorySegment[] functions = code.multiplyTransposed[width];
      int column = group * Channels.GROUP;
      for (int row = 0; row < product.rows(); ) {
        int height = share(product.rows() - row, functions.length - 1);
        long next = ahead.take(pixels);
        try {
          MULTIPLY_TRANSPOSED.invokeExact(
              functions[height],
              a.address(aOffset + row),
              Buffer.bytes(product.aPixel()),
              b.address(bOffset + column),
              Buffer.bytes(product.bPixel()),
              y.address(yOffset + row * product.yRow() + column),
              Buffer.bytes(product.yRow()),
              (long) pixels,
              next == 0 ? a.address(aOffset) : next,
              next == 0 ? 0L : NativeMemory.ALIGNMENT);
        } catch (Throwable e) {
          throw MachineCode.unexpected(e);
        }
        row += height;
      }
      group += width;
    }
  }

  /** Returns the first of the fewest parts of at most {@code most}, whose sizes differ by one. */
  private static int share(int left, int most) {
    int parts = (left + most - 1) / most;
    return (left + parts - 1) / parts;
  }

  @Override
  public void depthwiseGradient(
      DepthwiseGradient gradient,
      int rows,
      Buffer x,
      int xOffset,
      Buffer dz,
      int dzOffset,
      Buffer dw,
      int dwOffset) {
    Layout in = gradient.in();
    Layout out = gradient.out();
    int stride = gradient.stride();
    try {
      DEPTHWISE_GRADIENT.invokeExact(
          code.depthwiseGradient[stride],
          x.address(xOffset),
          Buffer.bytes(in.pixel()),
          Buffer.bytes(in.row()),
          dz.address(dzOffset),
          Buffer.bytes(out.pixel()),
          dw.address(dwOffset),
          Buffer.bytes(gradient.tap()),
          (long) rows,
          (long) out.columns(),
          (long) gradient.groups(),
          Buffer.bytes(stride * (in.row() - out.columns() * in.pixel())),
          out.nextRow() * Float.BYTES);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void round(int count, Buffer x, int xOffset, Buffer y, int yOffset) {
    copy(code.round, count, x.address(xOffset), y.address(yOffset));
  }

  @Override
  public void stream(int count, Buffer x, int xOffset, Buffer y, int yOffset) {
    long to = y.address(yOffset);
    if (to % NativeMemory.ALIGNMENT != 0) {
      throw new IllegalArgumentException("offset is " + yOffset + ", expected a multiple of 16");
    }
    copy(code.stream, count, x.address(xOffset), to);
  }

  private static void copy(MemorySegment function, int count, long from, long to) {
    try {
      COPY.invokeExact(function, from, to, (long) count / Channels.GROUP);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void scaleShift(
      Channelwise channels, int pixels, Buffer x, int xOffset, Buffer y, int yOffset) {
    call(
        Function.SCALE_SHIFT,
        channels,
        channels.clamp().low(),
        coefficients(channels),
        pixels,
        x.address(xOffset),
        0,
        y.address(yOffset));
  }

  @Override
  public void moments(
      Channelwise channels,
      int pixels,
      Buffer x,
      int xOffset,
      Buffer pivot,
      int pivotOffset,
      Buffer sums,
      int sumsOffset) {
    call(
        Function.MOMENTS,
        channels,
        0,
        pivot.address(pivotOffset),
        pixels,
        x.address(xOffset),
        0,
        sums.address(sumsOffset));
  }

  @Override
  public void normGradientSums(
      Channelwise channels,
      int pixels,
      Buffer dy,
      int dyOffset,
      Buffer z,
      int zOffset,
      Buffer sums,
      int sumsOffset) {
    call(
        Function.GRADIENT_SUMS,
        channels,
        0,
        coefficients(channels),
        pixels,
        dy.address(dyOffset),
        z.address(zOffset),
        sums.address(sumsOffset));
  }

  @Override
  public void normGradient(
      Channelwise channels,
      int pixels,
      Buffer dy,
      int dyOffset,
      Buffer z,
      int zOffset,
      Buffer dz,
      int dzOffset) {
    call(
        Function.GRADIENT,
        channels,
        0,
        coefficients(channels),
        pixels,
        dy.address(dyOffset),
        z.address(zOffset),
        dz.address(dzOffset));
  }

  private static long coefficients(Channelwise channels) {
    return channels.norm().values().address(channels.firstGroup() * PackedBatchNorm.GROUP_SIZE);
  }

  private void call(
      Function function,
      Channelwise channels,
      float low,
      long coefficients,
      int pixels,
      long a,
      long b,
      long out) {
    try {
      CHANNELWISE.invokeExact(
          code.channelwise[function.ordinal()],
          a,
          Buffer.bytes(channels.aPixel()),
          b,
          Buffer.bytes(channels.bPixel()),
          out,
          Buffer.bytes(channels.outPixel()),
          coefficients,
          (long) pixels,
          (long) channels.groups(),
          low,
          channels.clamp().high());
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }
}

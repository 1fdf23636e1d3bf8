package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.X86TrainingKernels.Channelwise;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Machine code for x86-64, written by {@link X86TrainingKernels}. */
final class MachineCodeTrainingKernels implements TrainingKernels {
  private static final MethodHandle MULTIPLY_TRANSPOSED = MachineCode.handle(7, 0);
  private static final MethodHandle DEPTHWISE_GRADIENT = MachineCode.handle(12, 0);
  private static final MethodHandle CHANNELWISE = MachineCode.handle(11, 2);

  /** Functions by groups of 16 columns, then rows in a tile; neither is ever 0. */
  private final MemorySegment[][] multiplyTransposed;

  /** Functions by stride; index 0 is not used. */
  private final MemorySegment[] depthwiseGradient;

  /** Functions in the order of {@link Channelwise}. */
  private final MemorySegment[] channelwise;

  /**
   * Writes the code.
   *
   * @param vectorBits 256 or 512
   * @throws UnsupportedOperationException if the operating system refuses executable memory
   */
  MachineCodeTrainingKernels(int vectorBits) {
    X86Assembler asm = new X86Assembler(vectorBits);
    X86TrainingKernels writer = new X86TrainingKernels(asm);
    X86Kernels forward = new X86Kernels(asm);
    int groupVectors = Channels.GROUP * Float.SIZE / vectorBits;
    int[][] multiplyTransposedAt = new int[X86Kernels.maxPanelGroups(vectorBits) + 1][1];
    for (int g = 1; g < multiplyTransposedAt.length; g++) {
      int vectors = g * groupVectors;
      multiplyTransposedAt[g] =
          IntStream.rangeClosed(0, forward.tileRows(vectors))
              .map(rows -> rows == 0 ? 0 : writer.multiplyTransposed(rows, vectors))
              .toArray();
    }
    int[] depthwiseGradientAt = {0, writer.depthwiseGradient(1), writer.depthwiseGradient(2)};
    int[] channelwiseAt =
        Arrays.stream(Channelwise.values()).mapToInt(writer::channelwise).toArray();
    MemorySegment code = MachineCode.load(asm.code());
    this.multiplyTransposed =
        Arrays.stream(multiplyTransposedAt)
            .map(at -> MachineCode.functions(code, at))
            .toArray(MemorySegment[][]::new);
    this.depthwiseGradient = MachineCode.functions(code, depthwiseGradientAt);
    this.channelwise = MachineCode.functions(code, channelwiseAt);
  }

  @Override
  public void multiplyTransposed(
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
      int pixels) {
    int mostGroups = multiplyTransposed.length - 1;
    for (int group = 0; group < groups; ) {
      int width = share(groups - group, mostGroups);
      MemorySegment[] functions = multiplyTransposed[width];
      int column = group * Channels.GROUP;
      for (int row = 0; row < rows; ) {
        int height = share(rows - row, functions.length - 1);
        try {
          MULTIPLY_TRANSPOSED.invokeExact(
              functions[height],
              a.address(aOffset + row),
              Floats.bytes(aPixel),
              b.address(bOffset + column),
              Floats.bytes(bPixel),
              y.address(yOffset + row * yRow + column),
              Floats.bytes(yRow),
              (long) pixels);
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
      int dwTap) {
    try {
      DEPTHWISE_GRADIENT.invokeExact(
          depthwiseGradient[stride],
          x.address(xOffset),
          Floats.bytes(xPixel),
          Floats.bytes(xRow),
          dz.address(dzOffset),
          Floats.bytes(dzPixel),
          dw.address(dwOffset),
          Floats.bytes(dwTap),
          (long) rows,
          (long) columns,
          (long) groups,
          Floats.bytes(stride * (xRow - columns * xPixel)),
          Floats.bytes(dzRow - columns * dzPixel));
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void scaleShift(
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
      int pixels) {
    channelwise(
        Channelwise.SCALE_SHIFT,
        x.address(xOffset),
        xPixel,
        y.address(yOffset),
        yPixel,
        0,
        0,
        norm.values().address(firstGroup * PackedBatchNorm.GROUP_SIZE),
        groups,
        pixels,
        0,
        0,
        low,
        high);
  }

  @Override
  public void moments(
      Floats x,
      int xOffset,
      int xPixel,
      Floats pivot,
      int pivotOffset,
      Floats sums,
      int sumsOffset,
      int sumsRow,
      int groups,
      int pixels) {
    channelwise(
        Channelwise.MOMENTS,
        x.address(xOffset),
        xPixel,
        0,
        0,
        0,
        0,
        pivot.address(pivotOffset),
        groups,
        pixels,
        sums.address(sumsOffset),
        sumsRow,
        0,
        0);
  }

  @Override
  public void normGradientSums(
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
      int pixels) {
    channelwise(
        Channelwise.GRADIENT_SUMS,
        dy.address(dyOffset),
        dyPixel,
        z.address(zOffset),
        zPixel,
        0,
        0,
        norm.values().address(firstGroup * PackedBatchNorm.GROUP_SIZE),
        groups,
        pixels,
        sums.address(sumsOffset),
        sumsRow,
        0,
        high);
  }

  @Override
  public void normGradient(
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
      int pixels) {
    channelwise(
        Channelwise.GRADIENT,
        dy.address(dyOffset),
        dyPixel,
        z.address(zOffset),
        zPixel,
        dz.address(dzOffset),
        dzPixel,
        norm.values().address(firstGroup * PackedBatchNorm.GROUP_SIZE),
        groups,
        pixels,
        0,
        0,
        0,
        high);
  }

  private void channelwise(
      Channelwise function,
      long a,
      int aPixel,
      long b,
      int bPixel,
      long c,
      int cPixel,
      long coefficients,
      int groups,
      int pixels,
      long sums,
      int sumsRow,
      float low,
      float high) {
    try {
      CHANNELWISE.invokeExact(
          channelwise[function.ordinal()],
          a,
          Floats.bytes(aPixel),
          b,
          Floats.bytes(bPixel),
          c,
          Floats.bytes(cPixel),
          coefficients,
          (long) pixels,
          (long) groups,
          sums,
          Floats.bytes(sumsRow),
          low,
          high);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }
}

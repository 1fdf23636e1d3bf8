package io.github.mobilenet4j.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Machine code for x86-64 processors with AVX-512, or AVX2 and FMA, written by {@link X86Kernels}
 * when the first network is compiled. No library is loaded. It runs at full speed from the first
 * call, without waiting for a just-in-time compiler.
 */
final class MachineCodeKernels implements Kernels {
  private static final MethodHandle MULTIPLY = MachineCode.handle(15, 2);
  private static final MethodHandle DEPTHWISE = MachineCode.handle(8, 2);
  private static final MethodHandle AVERAGE_POOL = MachineCode.handle(7, 1);
  private static final MethodHandle PEAK = MachineCode.handle(1, 0);

  /** The one that wrote the code. */
  private final MachineCodeKernels writer;

  private final NativeMemory memory;
  private final int vectorBits;

  /** Functions by groups of 16 columns in the panel, then pixels in a tile; neither is ever 0. */
  private final MemorySegment[][] multiply;

  /** Functions by stride; index 0 is not used. */
  private final MemorySegment[] depthwise;

  private final MemorySegment averagePool;
  private final MemorySegment peak;

  /** Written when it is first asked for: who only runs networks does not wait for it. */
  private volatile TrainingKernels training;

  /**
   * Writes the code.
   *
   * @param vectorBits 256 or 512, what {@link Processor} has
   * @throws UnsupportedOperationException if the operating system refuses executable memory
   */
  MachineCodeKernels(int vectorBits) {
    this.writer = this;
    this.memory = new NativeMemory(new NativeMemory.Budget());
    this.vectorBits = vectorBits;
    X86Assembler asm = new X86Assembler(vectorBits);
    X86Kernels writer = new X86Kernels(asm);
    int vectorsPerGroup = Channels.GROUP * Float.SIZE / vectorBits;
    int groups = X86Kernels.maxPanelGroups(vectorBits);
    int[][] multiplyAt = new int[groups + 1][];
    for (int g = 0; g <= groups; g++) {
      int vectors = g * vectorsPerGroup;
      multiplyAt[g] =
          IntStream.rangeClosed(0, g == 0 ? 0 : writer.tileRows(vectors))
              .map(rows -> rows == 0 ? 0 : writer.multiply(rows, vectors))
              .toArray();
    }
    int[] depthwiseAt = {0, writer.depthwise(1), writer.depthwise(2)};
    int averagePoolAt = writer.averagePool();
    int peakAt = writer.peak();
    MemorySegment code = MachineCode.load(asm.code());
    this.multiply =
        Arrays.stream(multiplyAt)
            .map(at -> MachineCode.functions(code, at))
            .toArray(MemorySegment[][]::new);
    this.depthwise = MachineCode.functions(code, depthwiseAt);
    this.averagePool = code.asSlice(averagePoolAt);
    this.peak = code.asSlice(peakAt);
  }

  private MachineCodeKernels(MachineCodeKernels writer, NativeMemory memory) {
    this.writer = writer;
    this.memory = memory;
    this.vectorBits = writer.vectorBits;
    this.multiply = writer.multiply;
    this.depthwise = writer.depthwise;
    this.averagePool = writer.averagePool;
    this.peak = writer.peak;
  }

  @Override
  public String name() {
    return vectorBits == 512 ? "machine code, AVX-512" : "machine code, AVX2 and FMA";
  }

  @Override
  public int vectorBits() {
    return vectorBits;
  }

  @Override
  public int panelColumns(int columns) {
    return X86Kernels.panelGroups(vectorBits, Channels.groups(columns)) * Channels.GROUP;
  }

  @Override
  public Floats allocate(int length) {
    return Floats.in(memory, length);
  }

  @Override
  public Kernels in(Region region) {
    return new MachineCodeKernels(writer, memory.in(region));
  }

  @Override
  public TrainingKernels training() {
    TrainingKernels written = writer.training;
    return written != null ? written : writer.writeTraining();
  }

  private synchronized TrainingKernels writeTraining() {
    if (training == null) {
      training = new MachineCodeTrainingKernels(vectorBits);
    }
    return training;
  }

  @Override
  public void multiply(
      Product product, int panel, int pixels, Floats a, int aOffset, Floats y, int yOffset) {
    // Tiles of two heights that differ by one: no small tile is left over at the end.
    int most = multiply[product.matrix().width(panel) / Channels.GROUP].length - 1;
    int tiles = (pixels + most - 1) / most;
    int rows = (pixels + tiles - 1) / tiles;
    int smaller = tiles * rows - pixels;
    int taller = tiles - smaller;
    long from = a.address(aOffset);
    long to = y.address(yOffset);
    tiles(product, panel, 0, rows, taller, from, to);
    if (smaller > 0) {
      tiles(product, panel, taller * rows, rows - 1, smaller, from, to);
    }
  }

  /** Multiplies {@code tiles} tiles of {@code rows} pixels, from pixel {@code first} on. */
  private void tiles(Product product, int panel, int first, int rows, int tiles, long a, long y) {
    PackedMatrix b = product.matrix();
    Layout in = product.in();
    Layout out = product.out();
    int length = product.length();
    int column = b.firstColumn(panel);
    // The next panel comes while this one is multiplied: spread over the turns of all tiles.
    int ahead = b.valuesOffset(panel + 1 < b.panels() ? panel + 1 : panel);
    int aheadStep =
        Math.min(2 * Floats.ALIGNMENT / Float.BYTES, X86Kernels.UNROLL * b.width(panel) / tiles);
    try {
      MULTIPLY.invokeExact(
          multiply[b.width(panel) / Channels.GROUP][rows],
          a + Floats.bytes(first * in.pixel()),
          Floats.bytes(in.pixel()),
          (long) length,
          (long) product.segments(),
          Floats.bytes(in.row() - length),
          b.values().address(b.valuesOffset(panel)),
          y + Floats.bytes(out.at(first) + column),
          Floats.bytes(out.pixel()),
          out.nextRowBytes(),
          (long) out.columns(),
          (long) (out.columns() - first % out.columns()),
          (long) tiles,
          b.bias().address(column),
          b.values().address(ahead),
          Floats.bytes(aheadStep),
          product.clamp().low(),
          product.clamp().high());
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void depthwise(
      Depthwise depthwise,
      int firstGroup,
      int groups,
      Floats x,
      int xOffset,
      Floats y,
      int yOffset) {
    int channel = firstGroup * Channels.GROUP;
    Layout in = depthwise.in();
    Layout out = depthwise.out();
    try {
      DEPTHWISE.invokeExact(
          this.depthwise[depthwise.stride()],
          x.address(xOffset + channel),
          Floats.bytes(in.pixel()),
          Floats.bytes(in.row()),
          depthwise.filters().values().address(firstGroup * PackedDepthwise.GROUP_SIZE),
          y.address(yOffset + channel),
          Floats.bytes(out.pixel()),
          (long) out.columns(),
          (long) groups,
          depthwise.clamp().low(),
          depthwise.clamp().high());
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  @Override
  public void averagePool(
      Layout in, int rows, int groups, Floats x, int xOffset, Floats y, int yOffset) {
    try {
      AVERAGE_POOL.invokeExact(
          averagePool,
          x.address(xOffset),
          Floats.bytes(in.pixel()),
          in.nextRowBytes(),
          (long) rows,
          (long) in.columns(),
          (long) groups * Channels.GROUP * Float.SIZE / vectorBits,
          y.address(yOffset),
          (float) (rows * in.columns()));
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }

  /** Runs fused multiply-adds on one core and returns how many floating point operations. */
  long runPeak(long turns) {
    try {
      PEAK.invokeExact(peak, turns);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
    return turns * X86Kernels.peakFmas(vectorBits) * (vectorBits / Float.SIZE) * 2;
  }
}

package io.github.mobilenet4j.kernels;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Machine code for x86-64 processors with AVX-512, or AVX2 and FMA, written by {@link X86Kernels}
 * when the first network is compiled. No library is loaded. It runs at full speed from the first
 * call, without waiting for a just-in-time compiler.
 */
final class MachineCodeKernels implements Kernels {
  private static final MethodHandle MULTIPLY = MachineCode.handle(12, 2);
  private static final MethodHandle DEPTHWISE = MachineCode.handle(8, 1);
  private static final MethodHandle AVERAGE_POOL = MachineCode.handle(7, 1);
  private static final MethodHandle PEAK = MachineCode.handle(1, 0);

  private final int vectorBits;
  private final int panelColumns;

  /** Functions by number of groups of 16 columns in the panel; index 0 is not used. */
  private final MemorySegment[] multiply;

  /** Functions by stride; index 0 is not used. */
  private final MemorySegment[] depthwise;

  private final MemorySegment averagePool;
  private final MemorySegment peak;

  /**
   * Writes the code.
   *
   * @param vectorBits 256 or 512
   * @throws UnsupportedOperationException saying what is missing, if this machine cannot run it
   */
  MachineCodeKernels(int vectorBits) {
    requireProcessor(vectorBits);
    this.vectorBits = vectorBits;
    X86Assembler asm = new X86Assembler(vectorBits);
    X86Kernels writer = new X86Kernels(asm);
    int vectorsPerGroup = Channels.GROUP * Float.SIZE / vectorBits;
    int groups = X86Kernels.maxPanelVectors(vectorBits) / vectorsPerGroup;
    this.panelColumns = groups * Channels.GROUP;
    int[] multiplyAt = new int[groups + 1];
    for (int g = 1; g <= groups; g++) {
      multiplyAt[g] = writer.multiply(g * vectorsPerGroup);
    }
    int[] depthwiseAt = {0, writer.depthwise(1), writer.depthwise(2)};
    int averagePoolAt = writer.averagePool();
    int peakAt = writer.peak();
    MemorySegment code = MachineCode.load(asm.code());
    this.multiply = Arrays.stream(multiplyAt).mapToObj(code::asSlice).toArray(MemorySegment[]::new);
    this.depthwise =
        Arrays.stream(depthwiseAt).mapToObj(code::asSlice).toArray(MemorySegment[]::new);
    this.averagePool = code.asSlice(averagePoolAt);
    this.peak = code.asSlice(peakAt);
  }

  /** Returns the widest vectors that this machine has code for, 0 for none. */
  static int widestVectorBits() {
    Set<String> flags = processorFlags();
    if (flags.containsAll(Set.of("avx512f"))) {
      return 512;
    }
    return flags.containsAll(Set.of("avx2", "fma")) ? 256 : 0;
  }

  private static void requireProcessor(int vectorBits) {
    int widest = widestVectorBits();
    if (widest == 0) {
      throw new UnsupportedOperationException(
          "machine code needs Linux on x86-64 with AVX2 and FMA");
    }
    if (vectorBits != 256 && vectorBits != 512 || vectorBits > widest) {
      throw new UnsupportedOperationException(
          "no machine code of %d bits, the widest here is %d".formatted(vectorBits, widest));
    }
  }

  /** What Linux says the processor can do; empty elsewhere. */
  private static Set<String> processorFlags() {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      return Set.of();
    }
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> (Set<String>) new HashSet<>(Arrays.asList(line.split("\\s+"))))
          .orElse(Set.of());
    } catch (IOException e) {
      return Set.of();
    }
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
  public int panelColumns() {
    return panelColumns;
  }

  @Override
  public Floats allocate(int length) {
    return Floats.inNativeMemory(length);
  }

  @Override
  public void multiply(
      Floats a,
      int aOffset,
      int aPixel,
      int segments,
      int aSegment,
      PackedMatrix b,
      int panel,
      Floats y,
      int yOffset,
      int yPixel,
      int yRow,
      int columns,
      int pixels,
      float low,
      float high) {
    int length = b.rows() / segments;
    int column = b.firstColumn(panel);
    try {
      MULTIPLY.invokeExact(
          multiply[b.width(panel) / Channels.GROUP],
          a.address(aOffset),
          bytes(aPixel),
          (long) length,
          (long) segments,
          bytes(aSegment - length),
          b.values().address(b.valuesOffset(panel)),
          y.address(yOffset + column),
          bytes(yPixel),
          bytes(yRow - columns * yPixel),
          (long) columns,
          (long) pixels,
          b.bias().address(column),
          low,
          high);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public void depthwise(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int stride,
      PackedDepthwise w,
      int firstGroup,
      int groups,
      Floats y,
      int yOffset,
      int yPixel,
      int columns,
      float high) {
    int channel = firstGroup * Channels.GROUP;
    try {
      DEPTHWISE.invokeExact(
          depthwise[stride],
          x.address(xOffset + channel),
          bytes(xPixel),
          bytes(xRow),
          w.values().address(firstGroup * PackedDepthwise.GROUP_SIZE),
          y.address(yOffset + channel),
          bytes(yPixel),
          (long) columns,
          (long) groups,
          high);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public void averagePool(
      Floats x,
      int xOffset,
      int xPixel,
      int xRow,
      int rows,
      int columns,
      int groups,
      Floats y,
      int yOffset) {
    try {
      AVERAGE_POOL.invokeExact(
          averagePool,
          x.address(xOffset),
          bytes(xPixel),
          bytes(xRow - columns * xPixel),
          (long) rows,
          (long) columns,
          (long) groups * Channels.GROUP * Float.SIZE / vectorBits,
          y.address(yOffset),
          (float) (rows * columns));
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Runs fused multiply-adds on one core and returns how many floating point operations. */
  long runPeak(long turns) {
    try {
      PEAK.invokeExact(peak, turns);
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return turns * X86Kernels.peakFmas(vectorBits) * (vectorBits / Float.SIZE) * 2;
  }

  private static long bytes(int floats) {
    return (long) floats * Float.BYTES;
  }

  private static IllegalStateException unexpected(Throwable e) {
    return new IllegalStateException("machine code does not throw", e);
  }
}

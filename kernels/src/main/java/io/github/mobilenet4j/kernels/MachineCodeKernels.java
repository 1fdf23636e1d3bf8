package io.github.mobilenet4j.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Machine code that a {@link KernelWriter} writes when the first network is compiled. No library is
 * loaded. It runs at full speed from the first call, without waiting for a just-in-time compiler.
 */
final class MachineCodeKernels implements Kernels {
  private static final MethodHandle DEPTHWISE = MachineCode.handle(8, 2);
  private static final MethodHandle AVERAGE_POOL = MachineCode.handle(7, 1);

  /** What is written once for all memories. */
  private static final class Code {
    final KernelWriter writer;

    /** Functions by groups of 16 columns in the panel, then pixels in a tile; neither is ever 0. */
    final MachineCodeProduct product;

    /** Functions by stride; index 0 is not used. */
    final MemorySegment[] depthwise;

    final MemorySegment averagePool;

    /** Written when it is first asked for: who only runs networks does not wait for it. */
    private MachineCodeTrainingKernels.Code training;

    private MachineCodeQuantizedKernels quantized;

    Code(KernelWriter writer) {
      this.writer = writer;
      int[][] multiplyAt = MachineCode.tiles(writer, writer::multiply);
      int[] depthwiseAt = {0, writer.depthwise(1), writer.depthwise(2)};
      int averagePoolAt = writer.averagePool();
      MemorySegment code = MachineCode.load(writer.code());
      this.product = new MachineCodeProduct(writer, MachineCode.functions(code, multiplyAt));
      this.depthwise = MachineCode.functions(code, depthwiseAt);
      this.averagePool = code.asSlice(averagePoolAt);
    }

    synchronized MachineCodeQuantizedKernels quantized(NativeMemory memory) {
      if (quantized == null) {
        int mostVectorBits = Processor.vectorBits(Processor.requestedVectorBits());
        quantized = new MachineCodeQuantizedKernels(Instructions.INT8.get(mostVectorBits), memory);
      }
      return quantized;
    }

    synchronized MachineCodeTrainingKernels.Code training() {
      if (training == null) {
        training = new MachineCodeTrainingKernels.Code(Processor.writer(writer.vectorBits()));
      }
      return training;
    }
  }

  private final Code code;
  private final NativeMemory memory;
  private final Ahead ahead;
  private QuantizedKernels quantized;

  /** Those of {@link Code} with this one's {@link #ahead}. */
  private TrainingKernels training;

  /**
   * Writes the code.
   *
   * @param vectorBits what {@link Processor} has
   * @throws UnsupportedOperationException if the operating system refuses executable memory
   */
  MachineCodeKernels(int vectorBits) {
    this(
        new Code(Processor.writer(vectorBits)),
        new NativeMemory(new NativeMemory.Budget()),
        Ahead.NOTHING);
  }

  private MachineCodeKernels(Code code, NativeMemory memory, Ahead ahead) {
    this.code = code;
    this.memory = memory;
    this.ahead = ahead;
  }

  @Override
  public String name() {
    return "machine code, " + code.writer.name();
  }

  @Override
  public int vectorBits() {
    return code.writer.vectorBits();
  }

  @Override
  public int panelColumns(int columns) {
    return code.writer.panelGroups(Channels.groups(columns)) * Channels.GROUP;
  }

  @Override
  public Buffer allocate(int length) {
    return Buffer.in(memory, length);
  }

  @Override
  public Kernels in(Region region) {
    return new MachineCodeKernels(code, memory.in(region), ahead);
  }

  @Override
  public Kernels with(Ahead ahead) {
    return new MachineCodeKernels(code, memory, ahead);
  }

  @Override
  public synchronized QuantizedKernels quantized() {
    if (quantized == null) {
      quantized = code.quantized(memory).on(memory);
    }
    return quantized;
  }

  @Override
  public synchronized TrainingKernels training() {
    if (training == null) {
      training = new MachineCodeTrainingKernels(code.training(), ahead);
    }
    return training;
  }

  @Override
  public void multiply(
      Product product, int panel, int pixels, Buffer a, int aOffset, Buffer y, int yOffset) {
    code.product.multiply(product, panel, pixels, a.address(aOffset), y.address(yOffset), ahead);
  }

  @Override
  public void depthwise(
      Depthwise depthwise,
      int firstGroup,
      int groups,
      Buffer x,
      int xOffset,
      Buffer y,
      int yOffset) {
    int channel = firstGroup * Channels.GROUP;
    Layout in = depthwise.in();
    Layout out = depthwise.out();
    try {
      DEPTHWISE.invokeExact(
          code.depthwise[depthwise.stride()],
          x.address(xOffset + channel),
          Buffer.bytes(in.pixel()),
          Buffer.bytes(in.row()),
          depthwise.filters().values().address(firstGroup * PackedDepthwise.GROUP_SIZE),
          y.address(yOffset + channel),
          Buffer.bytes(out.pixel()),
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
      Layout in, int rows, int groups, Buffer x, int xOffset, Buffer y, int yOffset) {
    try {
      AVERAGE_POOL.invokeExact(
          code.averagePool,
          x.address(xOffset),
          Buffer.bytes(in.pixel()),
          in.nextRow() * Float.BYTES,
          (long) rows,
          (long) in.columns(),
          (long) groups,
          y.address(yOffset),
          (float) (rows * in.columns()));
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }
}

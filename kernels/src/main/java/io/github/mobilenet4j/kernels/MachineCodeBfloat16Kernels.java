package io.github.mobilenet4j.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Machine code with the processor's instructions for bfloat16. */
final class MachineCodeBfloat16Kernels implements Bfloat16Kernels {
  private static final MethodHandle ROUND = MachineCode.handle(3, 0);

  /** What is written once, when something is first computed. */
  private static final class Code {
    static final MemorySegment[][] MULTIPLY;
    static final MemorySegment ROUND;

    static {
      X86Bfloat16Product writer = new X86Bfloat16Product();
      int[][] multiplyAt = MachineCode.tiles(writer, writer::multiply);
      int roundAt = writer.round();
      MemorySegment code = MachineCode.load(writer.code());
      MULTIPLY = MachineCode.functions(code, multiplyAt);
      ROUND = code.asSlice(roundAt);
    }
  }

  private final Storage storage;

  /**
   * @param storage on whose memory matrices lie
   */
  MachineCodeBfloat16Kernels(Storage storage) {
    this.storage = storage;
  }

  @Override
  public String name() {
    return "machine code, " + X86Bfloat16Product.NAME;
  }

  @Override
  public Kernels.Product product(Matrix matrix, int pixel, Layout out, Clamp clamp) {
    float[] pairs = Bfloat16.pairs(matrix.rows(), matrix.columns(), matrix.values());
    int rows = (matrix.rows() + 1) / 2;
    PackedMatrix packed = new PackedMatrix(storage, rows, matrix.columns(), pairs, matrix.bias());
    return new Kernels.Product(packed, 1, Layout.line(pixel / 2), out, clamp);
  }

  @Override
  public void multiply(
      Kernels.Product product,
      int panel,
      int pixels,
      Buffer a,
      int aOffset,
      Buffer y,
      int yOffset) {
    MachineCodeProduct.multiply(
        Code.MULTIPLY, product, panel, pixels, a.address(aOffset), y.address(yOffset));
  }

  @Override
  public void round(Buffer x, int xOffset, int count, Buffer y, int yOffset) {
    try {
      ROUND.invokeExact(
          Code.ROUND, x.address(xOffset), y.address(yOffset), (long) count / Channels.GROUP);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
  }
}

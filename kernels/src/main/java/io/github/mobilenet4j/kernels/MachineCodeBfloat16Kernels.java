package io.github.mobilenet4j.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Machine code with the processor's instructions for bfloat16. */
final class MachineCodeBfloat16Kernels implements RefilledBfloat16Kernels, Storage {
  private static final MethodHandle ROUND = MachineCode.handle(3, 0);

  /** What is written once, when something is first computed. */
  private static final class Code {
    static final MachineCodeProduct PRODUCT;
    static final MemorySegment ROUND;

    static {
      X86Bfloat16Product writer = new X86Bfloat16Product();
      int[][] multiplyAt = MachineCode.tiles(writer, writer::multiply);
      int roundAt = writer.round();
      MemorySegment code = MachineCode.load(writer.code());
      PRODUCT = new MachineCodeProduct(writer, MachineCode.functions(code, multiplyAt));
      ROUND = code.asSlice(roundAt);
    }
  }

  /** The product with tiles, written as late. */
  private static final class TileCode {
    static final MachineCodeProduct PRODUCT = MachineCodeProduct.of(new AmxBfloat16Product());
  }

  private final Instructions instructions;
  private final Storage storage;
  private final MachineCodeProduct product;

  /**
   * @param instructions of {@link Instructions#BFLOAT16}
   * @param storage on whose memory matrices lie
   */
  MachineCodeBfloat16Kernels(Instructions instructions, Storage storage) {
    this.instructions = instructions;
    this.storage = storage;
    this.product = instructions.usesTiles() ? TileCode.PRODUCT : Code.PRODUCT;
  }

  @Override
  public String name() {
    return "machine code, " + instructions.title;
  }

  @Override
  public int panelColumns(int columns) {
    return product.writer().panelGroups(Channels.groups(columns)) * Channels.GROUP;
  }

  @Override
  public Buffer allocate(int length) {
    return storage.allocate(length);
  }

  @Override
  public Kernels.Product product(Matrix matrix, int pixel, Layout out, Clamp clamp) {
    float[] pairs = Bfloat16.pairs(matrix.rows(), matrix.columns(), matrix.values());
    int rows = (matrix.rows() + 1) / 2;
    PackedMatrix packed = new PackedMatrix(this, rows, matrix.columns(), pairs, matrix.bias());
    return new Kernels.Product(packed, 1, Layout.line(pixel / 2), out, clamp);
  }

  @Override
  public void set(
      Kernels.Product product,
      int rows,
      int columns,
      float[] source,
      boolean transposed,
      float[] room) {
    Bfloat16.pairs(rows, columns, source, transposed ? 1 : columns, transposed ? rows : 1, room);
    product.matrix().set(room);
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
    this.product.multiply(product, panel, pixels, a.address(aOffset), y.address(yOffset));
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

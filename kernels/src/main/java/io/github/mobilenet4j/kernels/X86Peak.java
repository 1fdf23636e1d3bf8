package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.RDI;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RSP;

import io.github.mobilenet4j.kernels.X86Assembler.Condition;
import io.github.mobilenet4j.kernels.X86Assembler.Label;
import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Packed;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** A loop of nothing but independent products, to measure what the processor can do. */
final class X86Peak {
  private static final MethodHandle RUN = MachineCode.handle(1, 0);

  private static final int TILES_OF_SUMS = 4;

  private final X86Assembler asm;
  private final long operations;
  private final MemorySegment loop;

  /**
   * Writes it for floats.
   *
   * @param vectorBits 512 for AVX-512F, 256 for AVX2 with FMA
   */
  X86Peak(int vectorBits) {
    asm = new X86Assembler(vectorBits);
    operations = vectors((sum, zero) -> asm.fma(sum, zero, zero), Float.BYTES);
    loop = MachineCode.load(asm.code());
  }

  /** Writes it for small values. */
  X86Peak(Instructions instructions) {
    asm = new X86Assembler(instructions.vectorBits);
    operations =
        switch (instructions) {
          case AMX_INT8 -> tiles(asm::tileDotBytes, 1);
          case AMX_BF16 -> tiles(asm::tileDotBfloat16, Short.BYTES);
          case AVX512_VNNI, AVX_VNNI -> vectors(packed(Packed.PDPBUSD), 1);
          case AVX2 ->
              vectors(
                  (sum, zero) -> {
                    int product = zero + 1 + sum % 2;
                    asm.packed(Packed.PMADDWD, product, zero, zero);
                    asm.packed(Packed.PADDD, sum, sum, product);
                  },
                  Short.BYTES);
          case AVX512_BF16 -> vectors(packed(Packed.DPBF16PS), Short.BYTES);
        };
    loop = MachineCode.load(asm.code());
  }

  /** Adds the products of a vector of zeros, behind which registers are free, to a sum. */
  private interface VectorProduct {
    void write(int sum, int zero);
  }

  private interface TileProduct {
    void write(int sum, int pixels, int matrix);
  }

  private VectorProduct packed(Packed product) {
    return (sum, zero) -> asm.packed(product, sum, zero, zero);
  }

  /** Runs it on one core and returns how many operations, two for each multiply-add. */
  long run(long turns) {
    try {
      RUN.invokeExact(loop, turns);
    } catch (Throwable e) {
      throw MachineCode.unexpected(e);
    }
    return turns * operations;
  }

  /**
   * @param size bytes of a value
   * @return operations of a turn
   */
  private long vectors(VectorProduct product, int size) {
    int sums = asm.vectorRegisters() * 3 / 4;
    asm.enter();
    for (int i = 0; i <= sums; i++) {
      asm.zero(i);
    }
    Label turn = new Label();
    asm.place(turn);
    for (int sum = 0; sum < sums; sum++) {
      product.write(sum, sums);
    }
    next(turn);
    asm.exit();
    return 2L * sums * asm.vectorBytes() / size;
  }

  private long tiles(TileProduct product, int size) {
    X86TileShapes shapes = new X86TileShapes(asm, Memory.at(RSP, -2 * X86TileShapes.BYTES));
    int pixels = TILES_OF_SUMS;
    int matrix = pixels + 1;
    asm.enter();
    shapes.begin();
    for (int tile = 0; tile <= matrix; tile++) {
      shapes.rows(tile, X86TileShapes.MOST_ROWS);
      shapes.rowBytes(tile, X86TileShapes.MOST_ROW_BYTES);
    }
    shapes.load();
    Label turn = new Label();
    asm.place(turn);
    for (int sum = 0; sum < TILES_OF_SUMS; sum++) {
      product.write(sum, pixels, matrix);
    }
    next(turn);
    asm.releaseTiles();
    asm.exit();
    int sumsOfTile = X86TileShapes.MOST_ROWS * X86TileShapes.MOST_ROW_BYTES / Integer.BYTES;
    return 2L * TILES_OF_SUMS * sumsOfTile * X86TileShapes.MOST_ROW_BYTES / size;
  }

  private void next(Label turn) {
    asm.subtract(RDI, 1);
    asm.jumpIf(Condition.NOT_EQUAL, turn);
  }
}

package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.RDI;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RSP;

import io.github.mobilenet4j.kernels.X86Assembler.Condition;
import io.github.mobilenet4j.kernels.X86Assembler.Label;
import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Packed;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** A loop of nothing but independent products of small values, to measure what they can do. */
final class X86Peak {
  private static final MethodHandle RUN = MachineCode.handle(1, 0);

  private static final int TILES_OF_SUMS = 4;
  private static final int TILE_ROWS = 16;
  private static final int TILE_BYTES = 64;

  private final X86Assembler asm;
  private final long operations;
  private final MemorySegment loop;

  /** Writes it. */
  X86Peak(Instructions instructions) {
    asm = new X86Assembler(instructions.vectorBits);
    operations =
        switch (instructions) {
          case AMX_INT8, AMX_BF16 -> tiles(instructions);
          case AVX512_VNNI, AVX_VNNI -> vectors(Packed.PDPBUSD, 1);
          case AVX2 -> vectors(Packed.PMADDWD, Short.BYTES);
          case AVX512_BF16 -> vectors(Packed.DPBF16PS, Short.BYTES);
        };
    loop = MachineCode.load(asm.code());
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
  private long vectors(Packed product, int size) {
    int sums = asm.vectorRegisters() * 3 / 4;
    int zero = sums;
    int result = sums + 1;
    asm.enter();
    for (int i = 0; i <= zero; i++) {
      asm.zero(i);
    }
    Label turn = new Label();
    asm.place(turn);
    for (int i = 0; i < sums; i++) {
      if (product == Packed.PMADDWD) {
        asm.packed(product, result + i % 2, zero, zero);
        asm.packed(Packed.PADDD, i, i, result + i % 2);
      } else {
        asm.packed(product, i, zero, zero);
      }
    }
    next(turn);
    asm.exit();
    return 2L * sums * asm.vectorBytes() / size;
  }

  private long tiles(Instructions instructions) {
    Memory shapes = Memory.at(RSP, -2 * TILE_BYTES);
    int pixels = TILES_OF_SUMS;
    int matrix = pixels + 1;
    asm.enter();
    asm.zero(0);
    asm.storeVector(shapes, 0);
    asm.storeByte(shapes, 1);
    for (int tile = 0; tile <= matrix; tile++) {
      asm.storeByte(shapes.plus(16 + 2 * tile), TILE_BYTES);
      asm.storeByte(shapes.plus(48 + tile), TILE_ROWS);
    }
    asm.loadTileShapes(shapes);
    Label turn = new Label();
    asm.place(turn);
    for (int tile = 0; tile < TILES_OF_SUMS; tile++) {
      if (instructions == Instructions.AMX_INT8) {
        asm.tileDotBytes(tile, pixels, matrix);
      } else {
        asm.tileDotBfloat16(tile, pixels, matrix);
      }
    }
    next(turn);
    asm.releaseTiles();
    asm.exit();
    int size = instructions == Instructions.AMX_INT8 ? 1 : Short.BYTES;
    return 2L * TILES_OF_SUMS * TILE_ROWS * TILE_ROWS * TILE_BYTES / size;
  }

  private void next(Label turn) {
    asm.subtract(RDI, 1);
    asm.jumpIf(Condition.NOT_EQUAL, turn);
  }
}

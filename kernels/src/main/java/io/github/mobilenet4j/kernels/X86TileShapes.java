package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Register;

/**
 * Writes the shapes of AMX's tiles to memory and loads them from there: {@link #begin}, the rows
 * and their bytes of each tile that is used, {@link #load}. Source: Intel 64 and IA-32
 * Architectures Software Developer's Manual, volume 1, chapter 18.
 *
 * @param asm what writes
 * @param memory where, {@link #BYTES} of it
 */
record X86TileShapes(X86Assembler asm, Memory memory) {
  static final int BYTES = 64;

  /** Most rows of a tile. */
  static final int MOST_ROWS = 16;

  /** Most bytes of a row. */
  static final int MOST_ROW_BYTES = 64;

  private static final int PALETTE = 0;
  private static final int BYTES_OF_ROWS = 16;
  private static final int ROWS = 48;

  /** Begins with no tile; overwrites the first vector register. */
  void begin() {
    asm.zero(0);
    asm.storeVector(memory, 0);
    asm.storeByte(memory.plus(PALETTE), 1);
  }

  void rows(int tile, int rows) {
    asm.storeByte(rowsOf(tile), rows);
  }

  void rows(int tile, Register rows) {
    asm.storeByte(rowsOf(tile), rows);
  }

  void rowBytes(int tile, int bytes) {
    asm.storeByte(rowBytesOf(tile), bytes);
  }

  void rowBytes(int tile, Register bytes) {
    asm.storeByte(rowBytesOf(tile), bytes);
  }

  void load() {
    asm.loadTileShapes(memory);
  }

  private Memory rowsOf(int tile) {
    return memory.plus(ROWS + tile);
  }

  private Memory rowBytesOf(int tile) {
    return memory.plus(BYTES_OF_ROWS + Short.BYTES * tile);
  }
}

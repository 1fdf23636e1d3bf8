package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.R10;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R11;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R12;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R13;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R14;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R15;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R8;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R9;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RAX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RBP;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RBX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RCX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RDI;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RDX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RSI;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RSP;

import io.github.mobilenet4j.kernels.X86Assembler.Condition;
import io.github.mobilenet4j.kernels.X86Assembler.Label;
import io.github.mobilenet4j.kernels.X86Assembler.Memory;

/**
 * Writes products for the tiles of AMX, beside AVX-512: an instruction multiplies 16 pixels by 16
 * columns, up to 64 bytes of each. Of eight tiles four hold sums, of 32 pixels by 32 columns, two
 * pixels, and two the matrix, which lies as it does for {@link X86Product}: each row of a tile is a
 * step.
 *
 * <p>A tile has one shape as long as a call lasts, so all turns of the innermost loop take equally
 * many steps ({@link #stepsAtOnce}). When a sum is complete the tiles are stored on the stack, and
 * from there pixel by pixel by vector code.
 *
 * <p>Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
 */
abstract class AmxProduct implements ProductWriter {
  /** Bits of the vectors beside the tiles. */
  static final int VECTOR_BITS = 512;

  private static final int TILE_ROWS = X86TileShapes.MOST_ROWS;
  private static final int ROW_BYTES = X86TileShapes.MOST_ROW_BYTES;

  /** Bytes of a pixel that meet one row of the matrix. */
  private static final int STEP_BYTES = 4;

  private static final int MOST_GROUPS = 2;
  private static final int MOST_ROW_TILES = 2;

  // Tiles: sums by row tile and group, then pixels by row tile, then the matrix by group.
  private static final int PIXELS = MOST_ROW_TILES * MOST_GROUPS;
  private static final int MATRIX = PIXELS + MOST_ROW_TILES;

  // Places on the stack.
  private static final int SHAPES = MOST_ROW_TILES * TILE_ROWS * MOST_GROUPS * ROW_BYTES;
  private static final int SLOTS = SHAPES + X86TileShapes.BYTES;
  private static final int FRAME = SLOTS + 2 * ROW_BYTES;

  // Arguments on the stack, by number, and where they are kept.
  private static final int Y = 0;
  private static final int Y_PIXEL = 1;
  private static final int Y_NEXT_ROW = 2;
  private static final int COLUMNS = 3;
  private static final int COLUMNS_LEFT = 4;
  private static final int TILES = 5;
  private static final int BIAS = 6;
  private static final int STEPS_AT_ONCE = 9;
  private static final int MORE = 10;
  private static final int ARGUMENTS = 11;

  private static final Memory CALLER = slot(ARGUMENTS);
  private static final Memory SEGMENTS_LEFT = slot(ARGUMENTS + 1);
  private static final Memory NEXT_TILE = slot(ARGUMENTS + 2);

  /** Eight bytes for {@link #keepArguments}. */
  static final Memory KEPT = slot(ARGUMENTS + 3);

  final X86Assembler asm = new X86Assembler(VECTOR_BITS);

  private static Memory slot(int number) {
    return Memory.at(RSP, SLOTS + number * Long.BYTES);
  }

  /** Keeps what arrives in vector registers, before they are used; may use rax. */
  void keepArguments() {}

  /** Adds the products of a tile of pixels and one of the matrix to a tile of sums. */
  abstract void multiplyAdd(int sums, int pixels, int matrix);

  /** Returns where what the sums of a vector begin with is, from rax, the bias or its like. */
  abstract Memory bias(int vector);

  /**
   * Sets what stays in vector registers while pixels are stored; rax is the bias or its like.
   *
   * @param vectors registers that hold sums, from 0; those behind are free, here and in {@link
   *     #store}
   */
  abstract void beginStores(int vectors);

  /**
   * Stores the sums of a pixel, in the first registers, from rbp on.
   *
   * @param more what the type of the values needs of each pixel, to be moved on
   */
  abstract void store(int vectors, X86Assembler.Register more);

  @Override
  public int vectorBits() {
    return VECTOR_BITS;
  }

  @Override
  public byte[] code() {
    return asm.code();
  }

  @Override
  public int unroll() {
    return 1;
  }

  @Override
  public int mostPanelGroups() {
    return MOST_GROUPS;
  }

  @Override
  public int panelGroups(int groups) {
    return Math.min(groups, MOST_GROUPS);
  }

  @Override
  public int tileRows(int groups) {
    return MOST_ROW_TILES * TILE_ROWS;
  }

  @Override
  public int stepsAtOnce(int steps) {
    int most = Math.min(steps, ROW_BYTES / STEP_BYTES);
    while (steps % most != 0) {
      most--;
    }
    return most;
  }

  @Override
  public int multiply(int rows, int groups) {
    final int start = asm.enter();
    final int rowTiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
    enterFrame();
    keepArguments();
    // rbx and r14: what a turn of the innermost loop moves on by; r13: a row of the panel
    asm.load(R10, slot(STEPS_AT_ONCE));
    asm.multiply(RBX, R10, STEP_BYTES);
    setShapes(rows, groups, rowTiles);
    asm.multiply(R14, R10, groups * ROW_BYTES);
    asm.loadImmediate(R13, groups * ROW_BYTES);
    asm.multiply(R11, RSI, rows);
    asm.store(NEXT_TILE, R11);
    asm.load(RBP, slot(Y));
    asm.load(R15, slot(COLUMNS_LEFT));
    Label next = new Label();
    asm.place(next);
    sum(groups, rowTiles);
    storeAll(rows, groups);
    asm.add(RDI, NEXT_TILE);
    asm.subtract(slot(TILES), 1);
    asm.jumpIf(Condition.NOT_EQUAL, next);
    asm.releaseTiles();
    asm.load(RSP, CALLER);
    asm.exit();
    return start;
  }

  /** Makes room on the stack, in cache lines, and keeps there what came on the stack. */
  private void enterFrame() {
    asm.move(RAX, RSP);
    asm.subtract(RSP, FRAME);
    asm.and(RSP, -NativeMemory.ALIGNMENT);
    asm.store(CALLER, RAX);
    for (int i = 0; i < ARGUMENTS; i++) {
      asm.load(R10, Memory.at(RAX, X86Assembler.stackArgument(i).displacement()));
      asm.store(slot(i), R10);
    }
  }

  /** Sets the shapes of the tiles; r10 are the steps at once, rbx their bytes in a pixel. */
  private void setShapes(int rows, int groups, int rowTiles) {
    X86TileShapes shapes = new X86TileShapes(asm, Memory.at(RSP, SHAPES));
    shapes.begin();
    for (int r = 0; r < rowTiles; r++) {
      int height = Math.min(TILE_ROWS, rows - r * TILE_ROWS);
      for (int g = 0; g < groups; g++) {
        shapes.rows(sums(r, g), height);
        shapes.rowBytes(sums(r, g), ROW_BYTES);
      }
      shapes.rows(PIXELS + r, height);
      shapes.rowBytes(PIXELS + r, RBX);
    }
    for (int g = 0; g < groups; g++) {
      shapes.rows(MATRIX + g, R10);
      shapes.rowBytes(MATRIX + g, ROW_BYTES);
    }
    shapes.load();
  }

  private static int sums(int rowTile, int group) {
    return rowTile * MOST_GROUPS + group;
  }

  /**
   * The sums of a tile of pixels and a panel.
   *
   * <p>rdi a, rsi aPixel, rdx turns of the innermost loop, rcx segments, r8 to next segment, r9 b.
   */
  private void sum(int groups, int rowTiles) {
    asm.load(RAX, slot(BIAS));
    asm.loadImmediate(R11, 0);
    for (int g = 0; g < groups; g++) {
      Memory bias = bias(g);
      for (int r = 0; r < rowTiles; r++) {
        // All rows from the same place.
        asm.loadTile(sums(r, g), new Memory(bias.base(), R11, 1, bias.displacement()));
      }
    }
    asm.move(RAX, RDI);
    if (rowTiles > 1) {
      asm.multiply(R12, RSI, TILE_ROWS);
      asm.add(R12, RDI);
    }
    asm.move(R10, R9);
    asm.store(SEGMENTS_LEFT, RCX);
    Label segment = new Label();
    Label turn = new Label();
    asm.place(segment);
    asm.move(R11, RDX);
    asm.place(turn);
    for (int g = 0; g < groups; g++) {
      asm.loadTile(MATRIX + g, new Memory(R10, R13, 1, g * ROW_BYTES));
    }
    for (int r = 0; r < rowTiles; r++) {
      asm.loadTile(PIXELS + r, new Memory(r == 0 ? RAX : R12, RSI, 1, 0));
      for (int g = 0; g < groups; g++) {
        multiplyAdd(sums(r, g), PIXELS + r, MATRIX + g);
      }
    }
    movePixels(rowTiles, RBX);
    asm.add(R10, R14);
    asm.subtract(R11, 1);
    asm.jumpIf(Condition.NOT_EQUAL, turn);
    movePixels(rowTiles, R8);
    asm.subtract(SEGMENTS_LEFT, 1);
    asm.jumpIf(Condition.NOT_EQUAL, segment);
    for (int r = 0; r < rowTiles; r++) {
      for (int g = 0; g < groups; g++) {
        int at = (r * TILE_ROWS * groups + g) * ROW_BYTES;
        asm.storeTile(new Memory(RSP, R13, 1, at), sums(r, g));
      }
    }
  }

  private void movePixels(int rowTiles, X86Assembler.Register distance) {
    asm.add(RAX, distance);
    if (rowTiles > 1) {
      asm.add(R12, distance);
    }
  }

  /** Stores the sums that lie on the stack, {@code [pixel,group,16]}. */
  private void storeAll(int rows, int groups) {
    asm.load(RAX, slot(BIAS));
    beginStores(groups);
    asm.move(R10, RSP);
    asm.load(R12, slot(MORE));
    asm.loadImmediate(R11, rows);
    Label pixel = new Label();
    asm.place(pixel);
    for (int g = 0; g < groups; g++) {
      asm.loadVector(g, Memory.at(R10, g * ROW_BYTES));
    }
    store(groups, R12);
    X86Product.nextPixel(asm, slot(Y_PIXEL), slot(Y_NEXT_ROW), slot(COLUMNS));
    asm.add(R10, R13);
    asm.subtract(R11, 1);
    asm.jumpIf(Condition.NOT_EQUAL, pixel);
    asm.store(slot(MORE), R12);
  }
}

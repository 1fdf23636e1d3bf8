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
import static io.github.mobilenet4j.kernels.X86Assembler.stackArgument;

import io.github.mobilenet4j.kernels.X86Assembler.Condition;
import io.github.mobilenet4j.kernels.X86Assembler.Label;
import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Register;

/**
 * Writes products of pixels and the panels of a matrix as x86-64 functions, whatever the type of
 * the values: the loops over tiles, segments and steps of a sum. A step is what one instruction
 * multiplies of a pixel: a float, two bfloat16 or four bytes. Subclasses say how a sum begins, what
 * a step adds, and what is stored.
 */
abstract class X86Product implements ProductWriter {
  /** Bytes of a group of 16 columns, each with a sum of 32 bits. */
  static final int GROUP_BYTES = Channels.GROUP * Integer.BYTES;

  /** Steps of the innermost product loop that are written out. */
  static final int UNROLL = 4;

  /** Pixels of a tile that the addressing reaches from one register. */
  private static final int REACH = 6;

  /**
   * How many bytes before their use a single row's weights are asked for: about a microsecond's.
   */
  private static final int SINGLE_ROW_AHEAD = 8192;

  /** The 128 bytes below the stack pointer are for a function which calls no other. */
  private static final Memory SEGMENTS_LEFT = Memory.at(RSP, -16);

  // What multiply gets on the stack.
  private static final Memory Y = stackArgument(0);
  private static final Memory Y_PIXEL = stackArgument(1);
  private static final Memory Y_NEXT_ROW = stackArgument(2);
  private static final Memory COLUMNS = stackArgument(3);
  private static final Memory COLUMNS_LEFT = stackArgument(4);
  private static final Memory TILES = stackArgument(5);
  static final Memory BIAS = stackArgument(6);
  private static final Memory AHEAD = stackArgument(7);
  private static final Memory AHEAD_STEP = stackArgument(8);

  /** What the type of the values needs, if it does. */
  static final Memory MORE = stackArgument(10);

  final X86Assembler asm;
  final int vectorBytes;

  /** Vectors of a group of 16 columns. */
  final int groupVectors;

  X86Product(int vectorBits) {
    this.asm = new X86Assembler(vectorBits);
    this.vectorBytes = asm.vectorBytes();
    this.groupVectors = GROUP_BYTES / vectorBytes;
  }

  /** Returns the bytes of a pixel that one step multiplies. */
  abstract int stepBytes();

  /** Keeps what arrives in vector registers, before they are used. */
  void keepArguments() {}

  /** Sets the sums of a tile; may use rax. */
  abstract void begin(int rows, int vectors);

  /**
   * Multiplies the step of a pixel by a row of the panel and adds the products to the pixel's sums.
   *
   * @param b register of the first of so many vectors of the panel
   * @param spare the first register that is free
   */
  abstract void multiplyAdd(int row, Memory value, int b, int vectors, int spare);

  /** Stores the sums of a tile, pixel by pixel ({@link #nextPixel}); may use rax and r10. */
  abstract void end(int rows, int vectors);

  @Override
  public int vectorBits() {
    return vectorBytes * Byte.SIZE;
  }

  @Override
  public byte[] code() {
    return asm.code();
  }

  @Override
  public int unroll() {
    return UNROLL;
  }

  @Override
  public int stepsAtOnce(int steps) {
    return 1;
  }

  @Override
  public int mostPanelGroups() {
    return groupVectors == 1 ? 4 : 1;
  }

  /**
   * Panels of three make taller tiles than panels of four, and so read a panel less often, which
   * counts where it is too long for the first-level cache. A matrix that is one panel of four has
   * its pixels read only once.
   */
  @Override
  public int panelGroups(int groups) {
    int most = mostPanelGroups();
    return groups <= most ? groups : Math.min(most, 3);
  }

  /** As many accumulators as registers allow beside the panel's vectors and a broadcast value. */
  @Override
  public int tileRows(int groups) {
    int vectors = groups * groupVectors;
    return Math.min((asm.vectorRegisters() - vectors - 1) / vectors, 2 * REACH);
  }

  @Override
  public int multiply(int rows, int groups) {
    final int start = asm.enter();
    int vectors = groups * groupVectors;
    keepArguments();
    asm.address(R13, new Memory(RSI, RSI, 2, 0));
    asm.address(R14, new Memory(RSI, RSI, 4, 0));
    asm.load(RBP, Y);
    asm.load(R15, COLUMNS_LEFT);
    asm.load(R11, AHEAD);
    Label next = new Label();
    asm.place(next);
    tile(rows, vectors);
    for (int r = 0; r < rows / 2; r++) {
      asm.address(RDI, new Memory(RDI, RSI, 2, 0));
    }
    if (rows % 2 == 1) {
      asm.add(RDI, RSI);
    }
    asm.subtract(TILES, 1);
    asm.jumpIf(Condition.NOT_EQUAL, next);
    asm.exit();
    return start;
  }

  /**
   * A tile of {@code rows} pixels by one panel: accumulators in registers over the whole sum.
   *
   * <p>rdi a, rsi aPixel (r13 three, r14 five times), rdx length, rcx segments, r8 to next segment,
   * r9 b, rbp y, r15 pixels left in the output row, r11 what to prefetch.
   */
  private void tile(int rows, int vectors) {
    int b = rows * vectors;
    int spare = b + vectors;
    begin(rows, vectors);
    asm.move(RAX, RDI);
    if (rows > REACH) {
      asm.address(R12, new Memory(RDI, R13, 2, 0));
    }
    asm.move(R10, R9);
    asm.store(SEGMENTS_LEFT, RCX);
    Label segment = new Label();
    Label tail = new Label();
    Label segmentDone = new Label();
    asm.place(segment);
    asm.move(RBX, RDX);
    asm.subtract(RBX, UNROLL);
    asm.jumpIf(Condition.BELOW, tail);

    Label unrolled = new Label();
    asm.place(unrolled);
    for (int u = 0; u < UNROLL; u++) {
      step(rows, vectors, u, b, spare);
    }
    advance(rows, vectors, UNROLL);
    prefetch(rows, vectors);
    asm.subtract(RBX, UNROLL);
    asm.jumpIf(Condition.ABOVE_OR_EQUAL, unrolled);

    asm.place(tail);
    asm.add(RBX, UNROLL);
    asm.jumpIf(Condition.EQUAL, segmentDone);
    Label single = new Label();
    asm.place(single);
    step(rows, vectors, 0, b, spare);
    advance(rows, vectors, 1);
    asm.subtract(RBX, 1);
    asm.jumpIf(Condition.NOT_EQUAL, single);

    asm.place(segmentDone);
    asm.add(RAX, R8);
    if (rows > REACH) {
      asm.add(R12, R8);
    }
    asm.subtract(SEGMENTS_LEFT, 1);
    asm.jumpIf(Condition.NOT_EQUAL, segment);

    end(rows, vectors);
  }

  /**
   * Asks for weights before they are needed. Tiles of several rows have time for the next panel. A
   * single row has none: it is as fast as its own panel comes, so that is asked for early.
   */
  private void prefetch(int rows, int vectors) {
    if (rows > 1) {
      asm.prefetch(Memory.at(R11, 0));
      asm.prefetch(Memory.at(R11, NativeMemory.ALIGNMENT));
      asm.add(R11, AHEAD_STEP);
    } else {
      int bytes = UNROLL * vectors * vectorBytes;
      for (int at = 0; at < bytes; at += NativeMemory.ALIGNMENT) {
        asm.prefetch(Memory.at(R10, SINGLE_ROW_AHEAD + at));
      }
    }
  }

  /** One step of the sum: a row of the panel times one value of each pixel. */
  private void step(int rows, int vectors, int offset, int b, int spare) {
    for (int v = 0; v < vectors; v++) {
      asm.loadVector(b + v, Memory.at(R10, (offset * vectors + v) * vectorBytes));
    }
    for (int r = 0; r < rows; r++) {
      Memory value = multiple(r < REACH ? RAX : R12, r % REACH).plus(offset * stepBytes());
      multiplyAdd(r, value, b, vectors, spare);
    }
  }

  /** Returns the address of {@code base} plus 0 to 5 pixel strides. */
  private static Memory multiple(Register base, int strides) {
    return switch (strides) {
      case 0 -> Memory.at(base, 0);
      case 1, 2, 4 -> new Memory(base, RSI, strides, 0);
      case 3 -> new Memory(base, R13, 1, 0);
      case 5 -> new Memory(base, R14, 1, 0);
      default -> throw new IllegalArgumentException("no address for " + strides + " strides");
    };
  }

  private void advance(int rows, int vectors, int steps) {
    asm.add(RAX, steps * stepBytes());
    if (rows > REACH) {
      asm.add(R12, steps * stepBytes());
    }
    asm.add(R10, steps * vectors * vectorBytes);
  }

  /** Moves y to the next output pixel, over the end of a row if need be. */
  final void nextPixel() {
    nextPixel(asm, Y_PIXEL, Y_NEXT_ROW, COLUMNS);
  }

  /**
   * Moves rbp to the next output pixel, over the end of a row if r15, the pixels left in it, say
   * so.
   */
  static void nextPixel(X86Assembler asm, Memory yPixel, Memory yNextRow, Memory columns) {
    Label sameRow = new Label();
    asm.add(RBP, yPixel);
    asm.subtract(R15, 1);
    asm.jumpIf(Condition.NOT_EQUAL, sameRow);
    asm.add(RBP, yNextRow);
    asm.load(R15, columns);
    asm.place(sameRow);
  }
}

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
import io.github.mobilenet4j.kernels.X86Assembler.Register;
import java.util.List;

/**
 * Writes the kernels of {@link Kernels} as x86-64 functions with the System V calling convention:
 * the first six integers in rdi, rsi, rdx, rcx, r8, r9, further ones on the stack, floats in vector
 * registers from 0. All integers are 64 bits; strides are bytes.
 */
final class X86Kernels {
  private static final List<Register> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);

  /** Steps of the innermost product loop that are written out. */
  private static final int UNROLL = 4;

  /** Output pixels of a depthwise row that are computed together and share their loads. */
  private static final int DEPTHWISE_PIXELS = 4;

  /** The 128 bytes below the stack pointer that a function which calls no other may use. */
  private static final Memory LOW = Memory.at(RSP, -4);

  private static final Memory HIGH = Memory.at(RSP, -8);
  private static final Memory ROW_STRIDE = Memory.at(RSP, -16);

  private final X86Assembler asm;
  private final int vectorBytes;

  X86Kernels(X86Assembler asm) {
    this.asm = asm;
    this.vectorBytes = asm.vectorBytes();
  }

  /** Returns the most vectors in a panel: what leaves room for rows enough to hide latency. */
  static int maxPanelVectors(int vectorBits) {
    return vectorBits == 512 ? 4 : 2;
  }

  /**
   * Returns the rows of a tile: as many accumulators as registers allow beside the panel's vectors
   * and a broadcast value, and at most the 12 rows that the addressing reaches.
   */
  private int tileRows(int vectors) {
    int rows = (asm.vectorRegisters() - vectors - 1) / vectors;
    return Math.min(rows, 12) / 2 * 2;
  }

  private static Memory stackArgument(int number) {
    return Memory.at(RSP, SAVED.size() * 8 + 8 + number * 8);
  }

  /** Begins a function and returns where it starts. */
  private int enter() {
    asm.align();
    int start = asm.position();
    SAVED.forEach(asm::push);
    return start;
  }

  private void exit() {
    SAVED.reversed().forEach(asm::pop);
    asm.leave();
  }

  /**
   * Writes {@link Kernels#multiply} for a panel of so many vectors.
   *
   * <p>Arguments: a, aPixel, length, segments, what leads from the end of a segment to the next, b,
   * y, yPixel, what leads from the end of an output row to the next, columns, pixels, bias; low,
   * high.
   *
   * @return where it starts
   */
  int multiply(int vectors) {
    int start = enter();
    Memory y = stackArgument(0);
    Memory columns = stackArgument(3);
    Memory pixels = stackArgument(4);
    asm.storeScalar(LOW, 0);
    asm.storeScalar(HIGH, 1);
    asm.address(R13, new Memory(RSI, RSI, 2, 0));
    asm.address(R14, new Memory(RSI, RSI, 4, 0));
    asm.load(RBP, y);
    asm.load(R15, columns);

    int rows = tileRows(vectors);
    Label done = new Label();
    Label rest = new Label();
    Label next = new Label();
    asm.place(next);
    asm.compare(pixels, rows);
    asm.jumpIf(Condition.BELOW, rest);
    tile(rows, vectors);
    for (int i = 0; i < rows / 2; i++) {
      asm.address(RDI, new Memory(RDI, RSI, 2, 0));
    }
    asm.subtract(pixels, rows);
    asm.jump(next);

    asm.place(rest);
    for (int r = rows - 1; r >= 1; r--) {
      Label other = new Label();
      asm.compare(pixels, r);
      asm.jumpIf(Condition.NOT_EQUAL, other);
      tile(r, vectors);
      asm.jump(done);
      asm.place(other);
    }
    asm.place(done);
    exit();
    return start;
  }

  /**
   * A tile of {@code rows} pixels by one panel: accumulators in registers over the whole sum.
   *
   * <p>rdi a, rsi aPixel (r13 three, r14 five times), rdx length, rcx segments, r8 to next segment,
   * r9 b, rbp y, r15 pixels left in the output row.
   */
  private void tile(int rows, int vectors) {
    int b = rows * vectors;
    int spare = b + vectors;
    Memory bias = stackArgument(5);
    asm.load(RAX, bias);
    for (int v = 0; v < vectors; v++) {
      asm.loadVector(v, Memory.at(RAX, v * vectorBytes));
    }
    for (int i = vectors; i < rows * vectors; i++) {
      asm.moveVector(i, i % vectors);
    }

    asm.move(RAX, RDI);
    if (rows > 6) {
      asm.address(R12, new Memory(RDI, R13, 2, 0));
    }
    asm.move(R10, R9);
    asm.move(R11, RCX);
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
    if (rows > 6) {
      asm.add(R12, R8);
    }
    asm.subtract(R11, 1);
    asm.jumpIf(Condition.NOT_EQUAL, segment);

    asm.broadcast(b, LOW);
    asm.broadcast(b + 1, HIGH);
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors; v++) {
        int accumulator = r * vectors + v;
        asm.max(accumulator, b, accumulator);
        asm.min(accumulator, b + 1, accumulator);
        asm.storeVector(Memory.at(RBP, v * vectorBytes), accumulator);
      }
      nextPixel();
    }
  }

  /** One step of the sum: a row of the panel times one value of each pixel. */
  private void step(int rows, int vectors, int offset, int b, int spare) {
    for (int v = 0; v < vectors; v++) {
      asm.loadVector(b + v, Memory.at(R10, (offset * vectors + v) * vectorBytes));
    }
    boolean embedded = vectors == 1 && vectorBytes == 64;
    for (int r = 0; r < rows; r++) {
      Memory value = multiple(r < 6 ? RAX : R12, r % 6).plus(offset * Float.BYTES);
      if (embedded) {
        asm.fmaBroadcast(r, b, value);
        continue;
      }
      int broadcast = spare + r % (asm.vectorRegisters() - spare);
      asm.broadcast(broadcast, value);
      for (int v = 0; v < vectors; v++) {
        asm.fma(r * vectors + v, broadcast, b + v);
      }
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
    asm.add(RAX, steps * Float.BYTES);
    if (rows > 6) {
      asm.add(R12, steps * Float.BYTES);
    }
    asm.add(R10, steps * vectors * vectorBytes);
  }

  /** Moves y to the next output pixel, over the end of a row if need be. */
  private void nextPixel() {
    Label sameRow = new Label();
    asm.add(RBP, stackArgument(1));
    asm.subtract(R15, 1);
    asm.jumpIf(Condition.NOT_EQUAL, sameRow);
    asm.add(RBP, stackArgument(2));
    asm.load(R15, stackArgument(3));
    asm.place(sameRow);
  }

  /**
   * Writes {@link Kernels#depthwise} for a stride.
   *
   * <p>Arguments: x, xPixel, xRow, filters of the first group, y, yPixel, columns, groups; high.
   *
   * @return where it starts
   */
  int depthwise(int stride) {
    int start = enter();
    Memory columns = stackArgument(0);
    asm.storeScalar(HIGH, 0);
    asm.broadcast(15, HIGH);
    asm.zero(14);
    asm.store(ROW_STRIDE, RDX);
    asm.address(R10, new Memory(RSI, RSI, 2, 0));
    asm.address(R11, new Memory(RSI, RSI, 4, 0));
    asm.address(R12, new Memory(R10, RSI, 4, 0));
    asm.address(RDX, new Memory(R9, R9, 2, 0));

    Label rest = new Label();
    Label next = new Label();
    Label done = new Label();
    asm.place(next);
    asm.compare(columns, DEPTHWISE_PIXELS);
    asm.jumpIf(Condition.BELOW, rest);
    depthwisePixels(stride, DEPTHWISE_PIXELS);
    for (int s = 0; s < stride; s++) {
      asm.address(RDI, new Memory(RDI, RSI, DEPTHWISE_PIXELS, 0));
    }
    asm.address(R8, new Memory(R8, R9, DEPTHWISE_PIXELS, 0));
    asm.subtract(columns, DEPTHWISE_PIXELS);
    asm.jump(next);

    asm.place(rest);
    for (int pixels = DEPTHWISE_PIXELS - 1; pixels >= 1; pixels--) {
      Label other = new Label();
      asm.compare(columns, pixels);
      asm.jumpIf(Condition.NOT_EQUAL, other);
      depthwisePixels(stride, pixels);
      asm.jump(done);
      asm.place(other);
    }
    asm.place(done);
    exit();
    return start;
  }

  /**
   * Some neighbouring output pixels, all groups of channels.
   *
   * <p>rdi x, rsi xPixel (r10 three, r11 five, r12 seven times), rcx filters, r8 y, r9 yPixel (rdx
   * three times); rax, rbx, rbp the three input rows.
   */
  private void depthwisePixels(int stride, int pixels) {
    asm.move(RAX, RDI);
    asm.move(RBX, RDI);
    asm.add(RBX, ROW_STRIDE);
    asm.move(RBP, RBX);
    asm.add(RBP, ROW_STRIDE);
    asm.move(R13, RCX);
    asm.move(R14, R8);
    asm.load(R15, stackArgument(1));
    Label group = new Label();
    asm.place(group);
    int groupBytes = Channels.GROUP * Float.BYTES;
    for (int part = 0; part < groupBytes; part += vectorBytes) {
      depthwiseVector(stride, pixels, part);
    }
    for (Register pointer : List.of(RAX, RBX, RBP, R14)) {
      asm.add(pointer, groupBytes);
    }
    asm.add(R13, PackedDepthwise.GROUP_SIZE * Float.BYTES);
    asm.subtract(R15, 1);
    asm.jumpIf(Condition.NOT_EQUAL, group);
  }

  private void depthwiseVector(int stride, int pixels, int part) {
    int groupBytes = Channels.GROUP * Float.BYTES;
    int filters = pixels;
    int inputs = filters + 3;
    asm.loadVector(0, Memory.at(R13, part));
    for (int pixel = 1; pixel < pixels; pixel++) {
      asm.moveVector(pixel, 0);
    }
    List<Register> rows = List.of(RAX, RBX, RBP);
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        asm.loadVector(filters + j, Memory.at(R13, (1 + 3 * i + j) * groupBytes + part));
      }
      for (int column = 0; column < stride * (pixels - 1) + 3; column++) {
        int input = inputs + column % (14 - inputs);
        asm.loadVector(input, inputColumn(rows.get(i), column).plus(part));
        for (int pixel = 0; pixel < pixels; pixel++) {
          int j = column - stride * pixel;
          if (j >= 0 && j < 3) {
            asm.fma(pixel, input, filters + j);
          }
        }
      }
    }
    for (int pixel = 0; pixel < pixels; pixel++) {
      asm.max(pixel, 14, pixel);
      asm.min(pixel, 15, pixel);
      Memory y =
          switch (pixel) {
            case 0 -> Memory.at(R14, part);
            case 3 -> new Memory(R14, RDX, 1, part);
            default -> new Memory(R14, R9, pixel, part);
          };
      asm.storeVector(y, pixel);
    }
  }

  private static Memory inputColumn(Register row, int column) {
    return switch (column) {
      case 0 -> Memory.at(row, 0);
      case 1, 2, 4, 8 -> new Memory(row, RSI, column, 0);
      case 3 -> new Memory(row, R10, 1, 0);
      case 5 -> new Memory(row, R11, 1, 0);
      case 6 -> new Memory(row, R10, 2, 0);
      case 7 -> new Memory(row, R12, 1, 0);
      default -> throw new IllegalArgumentException("no address for column " + column);
    };
  }

  /**
   * Writes {@link Kernels#averagePool}.
   *
   * <p>Arguments: x, xPixel, what leads from the end of a row to the next, rows, columns, vectors,
   * y; the area.
   *
   * @return where it starts
   */
  int averagePool() {
    int start = enter();
    asm.storeScalar(HIGH, 0);
    asm.broadcast(2, HIGH);
    asm.load(RBP, stackArgument(0));
    Label vector = new Label();
    asm.place(vector);
    asm.zero(0);
    asm.move(RAX, RDI);
    asm.move(RBX, RCX);
    Label row = new Label();
    asm.place(row);
    asm.move(R10, R8);
    Label column = new Label();
    asm.place(column);
    asm.add(0, 0, Memory.at(RAX, 0));
    asm.add(RAX, RSI);
    asm.subtract(R10, 1);
    asm.jumpIf(Condition.NOT_EQUAL, column);
    asm.add(RAX, RDX);
    asm.subtract(RBX, 1);
    asm.jumpIf(Condition.NOT_EQUAL, row);
    asm.divide(0, 0, 2);
    asm.storeVector(Memory.at(RBP, 0), 0);
    asm.add(RDI, vectorBytes);
    asm.add(RBP, vectorBytes);
    asm.subtract(R9, 1);
    asm.jumpIf(Condition.NOT_EQUAL, vector);
    exit();
    return start;
  }

  /** Fused multiply-adds in one turn of {@link #peak}, each a whole vector. */
  static int peakFmas(int vectorBits) {
    return vectorBits == 512 ? 24 : 12;
  }

  /**
   * Writes a loop of nothing but independent fused multiply-adds, to measure what the processor can
   * do. Argument: turns.
   *
   * @return where it starts
   */
  int peak() {
    int start = enter();
    int fmas = peakFmas(vectorBytes * 8);
    for (int i = 0; i <= fmas + 1; i++) {
      asm.zero(i);
    }
    Label turn = new Label();
    asm.place(turn);
    for (int i = 0; i < fmas; i++) {
      asm.fma(i, fmas, fmas + 1);
    }
    asm.subtract(RDI, 1);
    asm.jumpIf(Condition.NOT_EQUAL, turn);
    exit();
    return start;
  }
}

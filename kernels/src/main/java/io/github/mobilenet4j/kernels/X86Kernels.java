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
import java.util.List;

/**
 * Writes the kernels of {@link Kernels} as x86-64 functions with the System V calling convention:
 * the first six integers in rdi, rsi, rdx, rcx, r8, r9, further ones on the stack, floats in vector
 * registers from 0.
 */
abstract class X86Kernels implements KernelWriter {
  static final int GROUP_BYTES = Channels.GROUP * Float.BYTES;

  /** Steps of the innermost product loop that are written out. */
  private static final int UNROLL = 4;

  /** Pixels of a tile that the addressing reaches from one register. */
  private static final int REACH = 6;

  /**
   * How many bytes before their use a single row's weights are asked for: about a microsecond's.
   */
  private static final int SINGLE_ROW_AHEAD = 8192;

  /** Output pixels of a depthwise row that are computed together and share their loads. */
  private static final int DEPTHWISE_PIXELS = 4;

  /** The 128 bytes below the stack pointer that a function which calls no other may use. */
  static final Memory LOW = Memory.at(RSP, -4);

  static final Memory HIGH = Memory.at(RSP, -8);

  /** Of {@link #depthwise}. */
  private static final Memory ROW_STRIDE = Memory.at(RSP, -16);

  /** Of {@link #multiply}. */
  private static final Memory SEGMENTS_LEFT = Memory.at(RSP, -16);

  // What multiply gets on the stack.
  private static final Memory Y = stackArgument(0);
  private static final Memory Y_PIXEL = stackArgument(1);
  private static final Memory Y_NEXT_ROW = stackArgument(2);
  private static final Memory COLUMNS = stackArgument(3);
  private static final Memory COLUMNS_LEFT = stackArgument(4);
  private static final Memory TILES = stackArgument(5);
  private static final Memory BIAS = stackArgument(6);
  private static final Memory AHEAD = stackArgument(7);
  private static final Memory AHEAD_STEP = stackArgument(8);

  final X86Assembler asm;
  final int vectorBytes;

  /** Vectors of a group of 16 channels. */
  final int groupVectors;

  X86Kernels(int vectorBits) {
    this.asm = new X86Assembler(vectorBits);
    this.vectorBytes = asm.vectorBytes();
    this.groupVectors = GROUP_BYTES / vectorBytes;
  }

  @Override
  public String name() {
    return groupVectors == 1 ? "AVX-512" : "AVX2 and FMA";
  }

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
    asm.storeScalar(LOW, 0);
    asm.storeScalar(HIGH, 1);
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
    asm.load(RAX, BIAS);
    for (int v = 0; v < vectors; v++) {
      asm.loadVector(v, Memory.at(RAX, v * vectorBytes));
    }
    for (int i = vectors; i < rows * vectors; i++) {
      asm.moveVector(i, i % vectors);
    }

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
    boolean embedded = vectors == 1 && vectorBytes == 64;
    for (int r = 0; r < rows; r++) {
      Memory value = multiple(r < REACH ? RAX : R12, r % REACH).plus(offset * Float.BYTES);
      multiplyAdd(r, value, embedded, b, vectors, spare);
    }
  }

  /**
   * Multiplies a value by a row of b and adds the products to the sums of a row.
   *
   * @param embedded whether the instruction itself repeats the value
   * @param b register of the first of so many vectors
   * @param spare the first register that is free for the value
   */
  final void multiplyAdd(int row, Memory value, boolean embedded, int b, int vectors, int spare) {
    if (embedded) {
      asm.fmaBroadcast(row, b, value);
      return;
    }
    int broadcast = spare + row % (asm.vectorRegisters() - spare);
    asm.broadcast(broadcast, value);
    for (int v = 0; v < vectors; v++) {
      asm.fma(row * vectors + v, broadcast, b + v);
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
    if (rows > REACH) {
      asm.add(R12, steps * Float.BYTES);
    }
    asm.add(R10, steps * vectors * vectorBytes);
  }

  /** Moves y to the next output pixel, over the end of a row if need be. */
  private void nextPixel() {
    Label sameRow = new Label();
    asm.add(RBP, Y_PIXEL);
    asm.subtract(R15, 1);
    asm.jumpIf(Condition.NOT_EQUAL, sameRow);
    asm.add(RBP, Y_NEXT_ROW);
    asm.load(R15, COLUMNS);
    asm.place(sameRow);
  }

  @Override
  public int depthwise(int stride) {
    int start = asm.enter();
    Memory columns = stackArgument(0);
    asm.storeScalar(LOW, 0);
    asm.broadcast(asm.vectorRegisters() - 2, LOW);
    asm.storeScalar(HIGH, 1);
    asm.broadcast(asm.vectorRegisters() - 1, HIGH);
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
    asm.exit();
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
    // Nine dependent multiply-adds a pixel take longer than a processor can look ahead; two groups
    // side by side give it enough that is independent.
    Label done = new Label();
    if (asm.vectorRegisters() == 32) {
      Label one = new Label();
      Label two = new Label();
      asm.subtract(R15, 2);
      asm.jumpIf(Condition.BELOW, one);
      asm.place(two);
      depthwiseGroups(stride, pixels, 2);
      asm.subtract(R15, 2);
      asm.jumpIf(Condition.ABOVE_OR_EQUAL, two);
      asm.place(one);
      asm.add(R15, 2);
      asm.jumpIf(Condition.EQUAL, done);
    }
    Label one = new Label();
    asm.place(one);
    depthwiseGroups(stride, pixels, 1);
    asm.subtract(R15, 1);
    asm.jumpIf(Condition.NOT_EQUAL, one);
    asm.place(done);
  }

  /** Some neighbouring output pixels, one or two groups of channels, and on to the next groups. */
  private void depthwiseGroups(int stride, int pixels, int groups) {
    if (vectorBytes == GROUP_BYTES) {
      depthwiseVectors(stride, pixels, groups, 0);
    } else {
      depthwiseVectors(stride, pixels, 1, 0);
      depthwiseVectors(stride, pixels, 1, vectorBytes);
    }
    for (Register pointer : List.of(RAX, RBX, RBP, R14)) {
      asm.add(pointer, groups * GROUP_BYTES);
    }
    asm.add(R13, groups * PackedDepthwise.GROUP_SIZE * Float.BYTES);
  }

  /**
   * @param vectors how many side by side, each of another group
   * @param part where in its group the first is, in bytes
   */
  private void depthwiseVectors(int stride, int pixels, int vectors, int part) {
    int filters = pixels * vectors;
    int inputs = filters + 3 * vectors;
    int low = asm.vectorRegisters() - 2;
    int high = asm.vectorRegisters() - 1;
    int filterBytes = PackedDepthwise.GROUP_SIZE * Float.BYTES;
    for (int v = 0; v < vectors; v++) {
      asm.loadVector(v * pixels, Memory.at(R13, v * filterBytes + part));
      for (int pixel = 1; pixel < pixels; pixel++) {
        asm.moveVector(v * pixels + pixel, v * pixels);
      }
    }
    List<Register> rows = List.of(RAX, RBX, RBP);
    int input = inputs;
    for (int i = 0; i < 3; i++) {
      for (int v = 0; v < vectors; v++) {
        for (int j = 0; j < 3; j++) {
          int at = v * filterBytes + (1 + 3 * i + j) * GROUP_BYTES + part;
          asm.loadVector(filters + 3 * v + j, Memory.at(R13, at));
        }
      }
      for (int column = 0; column < stride * (pixels - 1) + 3; column++) {
        for (int v = 0; v < vectors; v++) {
          asm.loadVector(input, inputColumn(rows.get(i), column).plus(v * GROUP_BYTES + part));
          for (int pixel = 0; pixel < pixels; pixel++) {
            int j = column - stride * pixel;
            if (j >= 0 && j < 3) {
              asm.fma(v * pixels + pixel, input, filters + 3 * v + j);
            }
          }
          input = input + 1 == low ? inputs : input + 1;
        }
      }
    }
    for (int v = 0; v < vectors; v++) {
      for (int pixel = 0; pixel < pixels; pixel++) {
        int sum = v * pixels + pixel;
        asm.max(sum, low, sum);
        asm.min(sum, high, sum);
        Memory y =
            switch (pixel) {
              case 0 -> Memory.at(R14, 0);
              case 3 -> new Memory(R14, RDX, 1, 0);
              default -> new Memory(R14, R9, pixel, 0);
            };
        asm.storeVector(y.plus(v * GROUP_BYTES + part), sum);
      }
    }
  }

  /** Returns the address of a column from 0 to 8, with r10, r11, r12 three, five, seven strides. */
  static Memory inputColumn(Register row, int column) {
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

  @Override
  public int averagePool() {
    int start = asm.enter();
    asm.storeScalar(HIGH, 0);
    asm.broadcast(2, HIGH);
    asm.load(RBP, stackArgument(0));
    if (groupVectors == 2) {
      asm.add(R9, R9);
    }
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
    asm.exit();
    return start;
  }

  /** Fused multiply-adds in one turn of {@link #peak}, each a whole vector. */
  private int peakFmas() {
    return groupVectors == 1 ? 24 : 12;
  }

  @Override
  public int peakFlops() {
    return 2 * peakFmas() * vectorBytes / Float.BYTES;
  }

  @Override
  public int peak() {
    int start = asm.enter();
    int fmas = peakFmas();
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
    asm.exit();
    return start;
  }
}

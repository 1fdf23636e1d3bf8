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
import java.util.function.IntConsumer;

/**
 * Writes the kernels of {@link Kernels} as x86-64 functions with the System V calling convention:
 * the first six integers in rdi, rsi, rdx, rcx, r8, r9, further ones on the stack, floats in vector
 * registers from 0.
 */
abstract class X86Kernels extends X86FloatProduct implements KernelWriter {
  /** Output pixels of a depthwise row that are computed together and share their loads. */
  private static final int DEPTHWISE_PIXELS = 4;

  /** Of {@link #depthwise}. */
  private static final Memory ROW_STRIDE = Memory.at(RSP, -16);

  X86Kernels(int vectorBits) {
    super(vectorBits);
  }

  @Override
  public String name() {
    return groupVectors == 1 ? "AVX-512" : "AVX2 and FMA";
  }

  @Override
  int stepBytes() {
    return Float.BYTES;
  }

  @Override
  final void multiplyAdd(int row, Memory value, int b, int vectors, int spare) {
    if (vectors == 1 && groupVectors == 1) {
      asm.fmaBroadcast(row, b, value);
      return;
    }
    int broadcast = spare + row % (asm.vectorRegisters() - spare);
    asm.broadcast(broadcast, value);
    for (int v = 0; v < vectors; v++) {
      asm.fma(row * vectors + v, broadcast, b + v);
    }
  }

  /**
   * A row of output pixels, as many together as possible, and the rest.
   *
   * <p>rdi x, rsi xPixel, r8 y, r9 yPixel.
   *
   * @param columns how many pixels; counted down
   * @param body some of them
   */
  static void pixels(X86Assembler asm, int stride, int most, Memory columns, IntConsumer body) {
    Label rest = new Label();
    Label next = new Label();
    Label done = new Label();
    asm.place(next);
    asm.compare(columns, most);
    asm.jumpIf(Condition.BELOW, rest);
    body.accept(most);
    for (int s = 0; s < stride; s++) {
      asm.address(RDI, new Memory(RDI, RSI, most, 0));
    }
    asm.address(R8, new Memory(R8, R9, most, 0));
    asm.subtract(columns, most);
    asm.jump(next);

    asm.place(rest);
    for (int pixels = most - 1; pixels >= 1; pixels--) {
      Label other = new Label();
      asm.compare(columns, pixels);
      asm.jumpIf(Condition.NOT_EQUAL, other);
      body.accept(pixels);
      asm.jump(done);
      asm.place(other);
    }
    asm.place(done);
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

    pixels(asm, stride, DEPTHWISE_PIXELS, columns, pixels -> depthwisePixels(stride, pixels));
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

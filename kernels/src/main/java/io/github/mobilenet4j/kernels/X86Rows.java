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
 * Writes the ways through rows of pixels, whatever the type of the values.
 *
 * <p>Of a depthwise convolution: rdi x, rsi xPixel (r10 three, r11 five, r12 seven times), rdx
 * xRow, rcx filters, r8 y, r9 yPixel (later rdx three times), on the stack columns and parts of the
 * channels; for some pixels rax, rbx, rbp the three input rows, r13 filters, r14 y, r15 parts left.
 *
 * @param asm what writes
 */
record X86Rows(X86Assembler asm) {
  /** In the 128 bytes below the stack pointer. */
  private static final Memory ROW_STRIDE = Memory.at(RSP, -16);

  private static final List<Register> INPUT_ROWS = List.of(RAX, RBX, RBP);

  /** Keeps distances, and multiples of them. */
  void enter() {
    asm.store(ROW_STRIDE, RDX);
    asm.address(R10, new Memory(RSI, RSI, 2, 0));
    asm.address(R11, new Memory(RSI, RSI, 4, 0));
    asm.address(R12, new Memory(R10, RSI, 4, 0));
    asm.address(RDX, new Memory(R9, R9, 2, 0));
  }

  /**
   * A row of output pixels, as many together as possible, and the rest.
   *
   * @param body some of them
   */
  void pixels(int stride, int most, IntConsumer body) {
    Memory columns = stackArgument(0);
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

  /** Points at the first part of the channels of some output pixels. */
  void begin() {
    asm.move(RAX, RDI);
    asm.move(RBX, RDI);
    asm.add(RBX, ROW_STRIDE);
    asm.move(RBP, RBX);
    asm.add(RBP, ROW_STRIDE);
    asm.move(R13, RCX);
    asm.move(R14, R8);
    asm.load(R15, stackArgument(1));
  }

  /**
   * Returns where a column of an input row is.
   *
   * @param row 0 to 2
   * @param column 0 to 8
   */
  static Memory input(int row, int column) {
    Register from = INPUT_ROWS.get(row);
    return switch (column) {
      case 0 -> Memory.at(from, 0);
      case 1, 2, 4, 8 -> new Memory(from, RSI, column, 0);
      case 3 -> new Memory(from, R10, 1, 0);
      case 5 -> new Memory(from, R11, 1, 0);
      case 6 -> new Memory(from, R10, 2, 0);
      case 7 -> new Memory(from, R12, 1, 0);
      default -> throw new IllegalArgumentException("no address for column " + column);
    };
  }

  /** Returns where an output pixel of those that are computed together is, 0 to 3. */
  static Memory output(int pixel) {
    return switch (pixel) {
      case 0 -> Memory.at(R14, 0);
      case 3 -> new Memory(R14, RDX, 1, 0);
      default -> new Memory(R14, R9, pixel, 0);
    };
  }

  /**
   * Adds up all pixels, vector by vector, in register 0.
   *
   * <p>rdi x, rsi xPixel, rdx to the next row, rcx rows, r8 columns, r9 vectors, rbp y.
   *
   * @param inputBytes of a vector's values in the input
   * @param add adds the values at rax
   * @param end stores the sums at rbp
   */
  void addUp(int inputBytes, Runnable add, Runnable end) {
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
    add.run();
    asm.add(RAX, RSI);
    asm.subtract(R10, 1);
    asm.jumpIf(Condition.NOT_EQUAL, column);
    asm.add(RAX, RDX);
    asm.subtract(RBX, 1);
    asm.jumpIf(Condition.NOT_EQUAL, row);
    end.run();
    asm.add(RDI, inputBytes);
    asm.add(RBP, asm.vectorBytes());
    asm.subtract(R9, 1);
    asm.jumpIf(Condition.NOT_EQUAL, vector);
  }
}

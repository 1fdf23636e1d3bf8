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
import static io.github.mobilenet4j.kernels.X86Assembler.stackArgument;

import io.github.mobilenet4j.kernels.X86Assembler.Condition;
import io.github.mobilenet4j.kernels.X86Assembler.Label;
import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Packed;
import io.github.mobilenet4j.kernels.X86Assembler.Register;
import java.util.List;

/** Writes all kernels for x86-64: beside those of {@link X86Kernels} the ones for training. */
final class X86TrainingKernels extends X86Kernels {
  /** Neighbouring output pixels of a depthwise gradient that share their loads. */
  private static final int PIXELS = 2;

  /**
   * @param vectorBits 512 for AVX-512, 256 for AVX2 with FMA
   */
  X86TrainingKernels(int vectorBits) {
    super(vectorBits);
  }

  @Override
  public int multiplyTransposed(int rows, int groups) {
    final int start = asm.enter();
    int vectors = groups * groupVectors;
    int b = rows * vectors;
    int spare = b + vectors;
    asm.move(R11, R8);
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors; v++) {
        asm.loadVector(r * vectors + v, Memory.at(R11, v * vectorBytes));
      }
      asm.add(R11, R9);
    }
    // The rows of the next tile: they come from afar where the matrix is large. To ask for what is
    // beyond the last one does no harm.
    for (int r = 0; r < rows; r++) {
      for (int at = 0; at < vectors * vectorBytes; at += NativeMemory.ALIGNMENT) {
        asm.prefetch(Memory.at(R11, at));
      }
      asm.add(R11, R9);
    }
    asm.load(R10, stackArgument(0));
    asm.load(R11, stackArgument(1));
    asm.load(RAX, stackArgument(2));
    asm.align();
    Label pixel = new Label();
    asm.place(pixel);
    for (int v = 0; v < vectors; v++) {
      asm.loadVector(b + v, Memory.at(RDX, v * vectorBytes));
    }
    for (int r = 0; r < rows; r++) {
      Memory value = Memory.at(RDI, r * Float.BYTES);
      multiplyAdd(r, value, b, vectors, spare);
    }
    // Pixels of many channels are too far apart for the processor to see that they are next.
    asm.prefetchFirstLevel(new Memory(RDI, RSI, 8, 0));
    asm.prefetch(Memory.at(R11, 0));
    asm.add(R11, RAX);
    asm.add(RDI, RSI);
    asm.add(RDX, RCX);
    asm.subtract(R10, 1);
    asm.jumpIf(Condition.NOT_EQUAL, pixel);
    for (int r = 0; r < rows; r++) {
      for (int v = 0; v < vectors; v++) {
        asm.storeVector(Memory.at(R8, v * vectorBytes), r * vectors + v);
      }
      asm.add(R8, R9);
    }
    asm.exit();
    return start;
  }

  @Override
  public int depthwiseGradient(int stride) {
    final int start = asm.enter();
    asm.address(R10, new Memory(RSI, RSI, 2, 0));
    asm.load(R15, stackArgument(3));
    // Nine sums and their chains leave a processor idle; two groups side by side keep it busy.
    if (groupVectors == 1) {
      blocks(R15, 2, () -> depthwiseGradientBlock(stride, 2));
    }
    blocks(
        R15,
        1,
        () -> {
          for (int v = 0; v < groupVectors; v++) {
            depthwiseGradientBlock(stride, 1);
          }
        });
    asm.exit();
    return start;
  }

  /**
   * All pixels of some vectors of channels, and on to the next channels.
   *
   * <p>rdi x, rsi xPixel (r10 three times), rdx xRow, rcx dz, r8 dzPixel, r9 dw; rax, rbx, rbp the
   * three input rows.
   */
  private void depthwiseGradientBlock(int stride, int vectors) {
    Memory dwTap = stackArgument(0);
    Memory rows = stackArgument(1);
    Memory columns = stackArgument(2);
    Memory xNext = stackArgument(4);
    Memory dzNext = stackArgument(5);
    asm.move(R14, R9);
    for (int tap = 0; tap < 9; tap++) {
      for (int v = 0; v < vectors; v++) {
        asm.loadVector(tap * vectors + v, Memory.at(R14, v * vectorBytes));
      }
      asm.add(R14, dwTap);
    }
    asm.move(RAX, RDI);
    asm.address(RBX, new Memory(RAX, RDX, 1, 0));
    asm.address(RBP, new Memory(RBX, RDX, 1, 0));
    asm.move(R11, RCX);
    asm.load(R12, rows);
    Label row = new Label();
    asm.place(row);
    asm.load(R13, columns);
    blocks(R13, PIXELS, () -> depthwiseGradientPixels(stride, PIXELS, vectors));
    blocks(R13, 1, () -> depthwiseGradientPixels(stride, 1, vectors));
    for (Register pointer : List.of(RAX, RBX, RBP)) {
      asm.add(pointer, xNext);
    }
    asm.add(R11, dzNext);
    asm.subtract(R12, 1);
    asm.jumpIf(Condition.NOT_EQUAL, row);
    asm.move(R14, R9);
    for (int tap = 0; tap < 9; tap++) {
      for (int v = 0; v < vectors; v++) {
        asm.storeVector(Memory.at(R14, v * vectorBytes), tap * vectors + v);
      }
      asm.add(R14, dwTap);
    }
    for (Register pointer : List.of(RDI, RCX, R9)) {
      asm.add(pointer, vectors * vectorBytes);
    }
  }

  private void depthwiseGradientPixels(int stride, int pixels, int vectors) {
    int dz = 9 * vectors;
    int inputs = dz + pixels * vectors;
    for (int pixel = 0; pixel < pixels; pixel++) {
      for (int v = 0; v < vectors; v++) {
        Memory from = pixel == 0 ? Memory.at(R11, 0) : new Memory(R11, R8, pixel, 0);
        asm.loadVector(dz + pixel * vectors + v, from.plus(v * vectorBytes));
      }
    }
    List<Register> rows = List.of(RAX, RBX, RBP);
    int input = inputs;
    for (int i = 0; i < 3; i++) {
      for (int column = 0; column < stride * (pixels - 1) + 3; column++) {
        for (int v = 0; v < vectors; v++) {
          asm.loadVector(input, X86Rows.input(i, column).plus(v * vectorBytes));
          for (int pixel = 0; pixel < pixels; pixel++) {
            int j = column - stride * pixel;
            if (j >= 0 && j < 3) {
              asm.fma((3 * i + j) * vectors + v, input, dz + pixel * vectors + v);
            }
          }
          input = input + 1 == asm.vectorRegisters() ? inputs : input + 1;
        }
      }
    }
    for (Register pointer : rows) {
      asm.address(pointer, new Memory(pointer, RSI, stride * pixels, 0));
    }
    asm.address(R11, new Memory(R11, R8, pixels, 0));
  }

  @Override
  public int roundToBfloat16() {
    final int start = asm.enter();
    int shift = 4;
    int one = 5;
    int half = 6;
    int upper = 7;
    constant(shift, Bfloat16.BITS);
    constant(one, 1);
    constant(half, 0x7fff);
    constant(upper, 0xffff_0000);
    Label group = new Label();
    asm.place(group);
    for (int v = 0; v < groupVectors; v++) {
      int x = 2 * v;
      asm.loadVector(x, Memory.at(RDI, v * vectorBytes));
      asm.packed(Packed.PSRLVD, x + 1, x, shift);
      asm.packed(Packed.PAND, x + 1, x + 1, one);
      asm.packed(Packed.PADDD, x, x, x + 1);
      asm.packed(Packed.PADDD, x, x, half);
      asm.packed(Packed.PAND, x, x, upper);
      asm.storeVector(Memory.at(RSI, v * vectorBytes), x);
    }
    asm.add(RDI, GROUP_BYTES);
    asm.add(RSI, GROUP_BYTES);
    asm.subtract(RDX, 1);
    asm.jumpIf(Condition.NOT_EQUAL, group);
    asm.exit();
    return start;
  }

  @Override
  public int stream() {
    final int start = asm.enter();
    Label group = new Label();
    asm.place(group);
    for (int v = 0; v < groupVectors; v++) {
      asm.loadVector(v, Memory.at(RDI, v * vectorBytes));
      asm.streamVector(Memory.at(RSI, v * vectorBytes), v);
    }
    asm.add(RDI, GROUP_BYTES);
    asm.add(RSI, GROUP_BYTES);
    asm.subtract(RDX, 1);
    asm.jumpIf(Condition.NOT_EQUAL, group);
    asm.storeFence();
    asm.exit();
    return start;
  }

  private void constant(int register, int value) {
    asm.loadImmediate(R10, value);
    // Eight bytes are stored, four read.
    asm.store(HIGH, R10);
    asm.broadcastInt(register, HIGH);
  }

  @Override
  public int channelwise(Function function) {
    final int start = asm.enter();
    asm.storeScalar(LOW, 0);
    asm.broadcast(low(), LOW);
    asm.storeScalar(HIGH, 1);
    asm.broadcast(high(), HIGH);
    asm.load(R10, stackArgument(0));
    asm.load(R14, stackArgument(2));
    if (groupVectors == 1) {
      blocks(R14, 4, () -> channelwiseBlock(function, 4));
      blocks(R14, 2, () -> channelwiseBlock(function, 2));
    }
    blocks(R14, 1, () -> channelwiseBlock(function, 1));
    asm.exit();
    return start;
  }

  private int low() {
    return asm.vectorRegisters() - 2;
  }

  private int high() {
    return asm.vectorRegisters() - 1;
  }

  /**
   * All pixels of some groups of channels, and on to the next groups.
   *
   * <p>rdi, rdx the inputs, r8 the output or the sums; rsi, rcx, r9 their distances; r10
   * coefficients.
   */
  private void channelwiseBlock(Function function, int groups) {
    int vectors = groups * groupVectors;
    int sums = function.coefficients.size() * vectors;
    int temporaries = sums + function.sums() * vectors;
    int sets = (low() - temporaries) / 3;
    for (int i = 0; i < function.coefficients.size(); i++) {
      for (int v = 0; v < vectors; v++) {
        int group = v / groupVectors * function.coefficientBytes();
        int part = v % groupVectors * vectorBytes;
        int place = function.coefficients.get(i) * Float.BYTES;
        asm.loadVector(i * vectors + v, Memory.at(R10, group + place + part));
      }
    }
    for (int i = 0; i < function.sums() * vectors; i++) {
      asm.loadVector(sums + i, sum(i, vectors));
    }
    asm.move(RAX, RDI);
    asm.move(RBX, RDX);
    asm.move(RBP, R8);
    asm.load(R13, stackArgument(1));
    Label pixel = new Label();
    asm.place(pixel);
    prefetch(function, vectors);
    for (int v = 0; v < vectors; v++) {
      channelwiseVector(function, vectors, v, temporaries + 3 * (v % sets));
    }
    asm.add(RAX, RSI);
    asm.add(RBX, RCX);
    asm.add(RBP, R9);
    asm.subtract(R13, 1);
    asm.jumpIf(Condition.NOT_EQUAL, pixel);
    for (int i = 0; i < function.sums() * vectors; i++) {
      asm.storeVector(sum(i, vectors), sums + i);
    }
    for (Register pointer : List.of(RDI, RDX, R8)) {
      asm.add(pointer, groups * GROUP_BYTES);
    }
    asm.add(R10, groups * function.coefficientBytes());
  }

  /** Returns where sum {@code i} of {@code 2 · vectors} is. */
  private Memory sum(int i, int vectors) {
    Memory row = i < vectors ? Memory.at(R8, 0) : new Memory(R8, R9, 1, 0);
    return row.plus(i % vectors * vectorBytes);
  }

  /**
   * Asks for the pixel that is eight further on. Training reads the whole batch from memory, and
   * one or two runs at a time are too few for the processor's own prefetching to keep it busy.
   */
  private void prefetch(Function function, int vectors) {
    for (int at = 0; at < vectors * vectorBytes; at += NativeMemory.ALIGNMENT) {
      asm.prefetch(new Memory(RAX, RSI, 8, at));
      if (function == Function.GRADIENT_SUMS || function == Function.GRADIENT) {
        asm.prefetch(new Memory(RBX, RCX, 8, at));
      }
    }
  }

  /**
   * One pixel of a vector of channels.
   *
   * @param t the first of three registers for temporary values
   */
  private void channelwiseVector(Function function, int vectors, int v, int t) {
    // Coefficient or sum i of this vector is in register i · vectors + v.
    int scale = v;
    int shift = vectors + v;
    int mean = 2 * vectors + v;
    Memory first = Memory.at(RAX, v * vectorBytes);
    Memory second = Memory.at(RBX, v * vectorBytes);
    Memory out = Memory.at(RBP, v * vectorBytes);
    switch (function) {
      case SCALE_SHIFT -> {
        asm.loadVector(t, first);
        asm.multiplyAdd(t, scale, shift);
        asm.max(t, low(), t);
        asm.min(t, high(), t);
        asm.storeVector(out, t);
      }
      case MOMENTS -> {
        int pivot = v;
        int sum = vectors + v;
        int square = 2 * vectors + v;
        asm.loadVector(t, first);
        asm.subtract(t, t, pivot);
        asm.add(sum, sum, t);
        asm.fma(square, t, t);
      }
      case GRADIENT_SUMS, GRADIENT -> {
        int y = t;
        int std = t + 1;
        int g = t + 2;
        asm.loadVector(y, second);
        asm.subtract(std, y, mean);
        asm.multiplyAdd(y, scale, shift);
        asm.loadBetween(g, low(), y, high(), first);
        if (function == Function.GRADIENT_SUMS) {
          int sum = 3 * vectors + v;
          int product = 4 * vectors + v;
          asm.add(sum, sum, g);
          asm.fma(product, g, std);
        } else {
          int slope = 3 * vectors + v;
          int constant = 4 * vectors + v;
          asm.multiplyAdd(g, scale, constant);
          asm.fma(g, slope, std);
          asm.storeVector(out, g);
        }
      }
    }
  }

  /** Writes a loop that runs while at least {@code size} are left, and takes off as many. */
  private void blocks(Register left, int size, Runnable body) {
    Label next = new Label();
    Label done = new Label();
    asm.subtract(left, size);
    asm.jumpIf(Condition.BELOW, done);
    asm.place(next);
    body.run();
    asm.subtract(left, size);
    asm.jumpIf(Condition.ABOVE_OR_EQUAL, next);
    asm.place(done);
    asm.add(left, size);
  }
}

package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.R13;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R14;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R15;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R9;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RAX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RBP;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RBX;
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
abstract class X86Kernels extends X86FloatProduct implements KernelWriter {
  /** Output pixels of a depthwise row that are computed together and share their loads. */
  private static final int DEPTHWISE_PIXELS = 4;

  private final X86Rows rows = new X86Rows(asm);

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

  @Override
  public int depthwise(int stride) {
    int start = asm.enter();
    asm.storeScalar(LOW, 0);
    asm.broadcast(asm.vectorRegisters() - 2, LOW);
    asm.storeScalar(HIGH, 1);
    asm.broadcast(asm.vectorRegisters() - 1, HIGH);
    rows.enter();
    rows.pixels(stride, DEPTHWISE_PIXELS, pixels -> depthwisePixels(stride, pixels));
    asm.exit();
    return start;
  }

  /**
   * Some neighbouring output pixels, all groups of channels.
   *
   * <p>Registers as in {@link X86Rows}, rcx and r13 filters.
   */
  private void depthwisePixels(int stride, int pixels) {
    rows.begin();
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
          asm.loadVector(input, X86Rows.input(i, column).plus(v * GROUP_BYTES + part));
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
        Memory y = X86Rows.output(pixel);
        asm.storeVector(y.plus(v * GROUP_BYTES + part), sum);
      }
    }
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
    rows.addUp(
        vectorBytes,
        () -> asm.add(0, 0, Memory.at(RAX, 0)),
        () -> {
          asm.divide(0, 0, 2);
          asm.storeVector(Memory.at(RBP, 0), 0);
        });
    asm.exit();
    return start;
  }
}

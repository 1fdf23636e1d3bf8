package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.R13;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R14;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.R15;
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
import io.github.mobilenet4j.kernels.X86Assembler.Packed;
import io.github.mobilenet4j.kernels.X86Assembler.Register;
import java.util.List;

/**
 * Writes {@link QuantizedKernels#depthwise}, {@link QuantizedKernels#sumPool} and {@link
 * QuantizedKernels#quantize}.
 *
 * <p>The three input values of a column are interleaved, so that one instruction (two with 16 bits)
 * multiplies them by a column of a filter and adds them up, and each column is interleaved once for
 * all output pixels that it is a tap of.
 */
final class X86QuantizedDepthwise {
  private static final Memory ALL = Memory.at(RSP, -32);
  private static final int STORED = 2;

  private final X86Assembler asm;
  private final X86Rows rows;
  private final Packing packing;
  private final int vectorBytes;
  private final Lanes lanes;

  /**
   * @param vectorBits 512 for AVX-512 with VNNI, else 256
   */
  X86QuantizedDepthwise(int vectorBits) {
    this.asm = new X86Assembler(vectorBits);
    this.rows = new X86Rows(asm);
    this.vectorBytes = asm.vectorBytes();
    this.lanes = lanes(vectorBits);
    this.packing = lanes.filters();
  }

  /**
   * Returns how sums are dealt to lanes. Interleaved bytes fill four vectors with 64 channels, or
   * 32 in vectors of 256 bits, which cannot store a part of them; those take 16 with 16 bits each.
   */
  static Lanes lanes(int vectorBits) {
    return vectorBits == 512
        ? new Lanes(16, 64, Packing.BYTES)
        : new Lanes(8, Channels.GROUP, Packing.SHORTS);
  }

  byte[] code() {
    return asm.code();
  }

  /**
   * Writes the convolution.
   *
   * <p>Arguments: x, its distances of pixels and rows, the filters of the first part, y, its
   * distance of pixels, columns, parts, the filters' header, which bytes of the last part to store.
   *
   * @param stride 1, 2 or 4
   * @param summands of the filters
   * @param once whether the requantisation rounds once
   */
  int depthwise(int stride, int summands, boolean once) {
    X86Requantizer requantizer = new X86Requantizer(asm, once);
    int start = asm.enter();
    requantizer.enter();
    asm.loadImmediate(RAX, -1);
    asm.store(ALL, RAX);
    asm.load(RAX, stackArgument(2));
    int last = asm.vectorRegisters() - 1;
    asm.loadVector(last, Memory.at(RAX, QuantizedParameters.ZERO_POINT_WORDS));
    asm.loadVector(last - 1, Memory.at(RAX, QuantizedParameters.LOW_BYTES));
    asm.loadVector(last - 2, Memory.at(RAX, QuantizedParameters.HIGH_BYTES));
    rows.enter();
    // The addressing reaches eight columns.
    int most = Math.min(asm.vectorRegisters() / 8, 1 + 6 / stride);
    rows.pixels(stride, most, n -> pixels(requantizer, stride, n, summands));
    asm.exit();
    return start;
  }

  /**
   * Some neighbouring output pixels, all parts of the channels.
   *
   * <p>Registers as in {@link X86Rows}, rcx and r13 filters.
   */
  private void pixels(X86Requantizer requantizer, int stride, int pixels, int summands) {
    rows.begin();
    Label part = new Label();
    asm.place(part);
    if (vectorBytes == 64) {
      Label all = new Label();
      asm.loadMask(STORED, ALL);
      asm.compare(R15, 1);
      asm.jumpIf(Condition.NOT_EQUAL, all);
      asm.loadMask(STORED, stackArgument(3));
      asm.place(all);
    }
    part(requantizer, stride, pixels, summands);
    for (Register pointer : List.of(RAX, RBX, RBP, R14)) {
      asm.add(pointer, lanes.part());
    }
    asm.subtract(R15, 1);
    asm.jumpIf(Condition.NOT_EQUAL, part);
  }

  private int vectors() {
    return lanes.part() / lanes.count();
  }

  private void part(X86Requantizer requantizer, int stride, int pixels, int summands) {
    int vectors = vectors();
    int steps = (3 + packing.step - 1) / packing.step;
    int columnBytes = steps * vectors * vectorBytes;
    int valueBytes = summands * 3 * columnBytes;
    int free = pixels * vectors;
    for (int v = 0; v < vectors; v++) {
      requantizer.begin(v, Memory.at(R13, valueBytes + v * requantizer.blockBytes()));
      for (int pixel = 1; pixel < pixels; pixel++) {
        asm.moveVector(pixel * vectors + v, v);
      }
    }
    for (int column = 0; column < stride * (pixels - 1) + 3; column++) {
      interleave(column, free);
      for (int pixel = 0; pixel < pixels; pixel++) {
        int j = column - stride * pixel;
        for (int summand = 0; j >= 0 && j < 3 && summand < summands; summand++) {
          int at = (summand * 3 + j) * columnBytes;
          for (int i = 0; i < steps * vectors; i++) {
            int sum = pixel * vectors + i % vectors;
            Memory filter = Memory.at(R13, at + i * vectorBytes);
            int input = free + i;
            if (packing == Packing.BYTES) {
              asm.packed(Packed.PDPBUSD, sum, input, filter);
            } else {
              asm.packed(Packed.PMADDWD, free + 7, input, filter);
              asm.packed(Packed.PADDD, sum, sum, free + 7);
            }
          }
        }
      }
    }
    asm.zero(free + 2);
    for (int pixel = 0; pixel < pixels; pixel++) {
      for (int v = 0; v < vectors; v++) {
        Memory block = Memory.at(R13, valueBytes + v * requantizer.blockBytes());
        requantizer.scale(pixel * vectors + v, block, free + 2, free, free + 1);
      }
      store(pixel, pixel * vectors);
    }
    asm.add(R13, valueBytes + vectors * requantizer.blockBytes());
  }

  /**
   * Interleaves the three rows of an input column into {@code steps · vectors} registers from
   * {@code to} on, in the order of the filters.
   */
  private void interleave(int column, int to) {
    int row = to + 4;
    for (int i = 0; i < 3; i++) {
      Memory from = X86Rows.input(i, column);
      if (packing == Packing.BYTES) {
        asm.loadVector(row + i, from);
      } else {
        asm.widenBytes(row + i, from);
      }
    }
    // What stands beside the third row meets a filter's zero.
    if (packing == Packing.BYTES) {
      asm.packed(Packed.PUNPCKLBW, row + 3, row, row + 1);
      asm.packed(Packed.PUNPCKHBW, row, row, row + 1);
      asm.packed(Packed.PUNPCKLBW, row + 1, row + 2, row + 2);
      asm.packed(Packed.PUNPCKHBW, row + 2, row + 2, row + 2);
      asm.packed(Packed.PUNPCKLWD, to, row + 3, row + 1);
      asm.packed(Packed.PUNPCKHWD, to + 1, row + 3, row + 1);
      asm.packed(Packed.PUNPCKLWD, to + 2, row, row + 2);
      asm.packed(Packed.PUNPCKHWD, to + 3, row, row + 2);
    } else {
      asm.packed(Packed.PUNPCKLWD, to, row, row + 1);
      asm.packed(Packed.PUNPCKHWD, to + 1, row, row + 1);
      asm.packed(Packed.PUNPCKLWD, to + 2, row + 2, row + 2);
      asm.packed(Packed.PUNPCKHWD, to + 3, row + 2, row + 2);
    }
  }

  /** Adds the zero point, clamps and stores the sums of a pixel. */
  private void store(int pixel, int sum) {
    int last = asm.vectorRegisters() - 1;
    for (int v = 0; v < vectors(); v += 2) {
      asm.packed(Packed.PACKSSDW, sum + v, sum + v, sum + v + 1);
      asm.packed(Packed.PADDSW, sum + v, sum + v, last);
    }
    asm.packed(Packed.PACKUSWB, sum, sum, vectors() == 4 ? sum + 2 : sum);
    if (vectorBytes == 32) {
      asm.joinHalves(sum, sum);
    }
    asm.packed(Packed.PMAXUB, sum, sum, last - 1);
    asm.packed(Packed.PMINUB, sum, sum, last - 2);
    Memory y = X86Rows.output(pixel);
    if (vectorBytes == 64) {
      asm.storeBytes(y, sum, STORED);
    } else {
      asm.storeHalf(y, sum);
    }
  }

  /**
   * Writes the sums of all pixels.
   *
   * <p>Arguments: x, its distance of pixels, what leads from the end of a row to the next, rows,
   * columns, vectors of 32-bit sums, y.
   */
  int sumPool() {
    int start = asm.enter();
    asm.load(RBP, stackArgument(0));
    rows.addUp(
        lanes.count(),
        () -> {
          asm.widenBytesToInts(1, Memory.at(RAX, 0));
          asm.packed(Packed.PADDD, 0, 0, 1);
        },
        () -> asm.storeVector(Memory.at(RBP, 0), 0));
    asm.exit();
    return start;
  }

  /**
   * Writes the quantisation of numbers.
   *
   * <p>Arguments: x, y, vectors of 32 bits, the constants of {@link InputQuantization}.
   */
  int quantize() {
    int start = asm.enter();
    List<Integer> constants =
        List.of(
            InputQuantization.SCALE,
            InputQuantization.SIGN,
            InputQuantization.HALF,
            InputQuantization.LOW,
            InputQuantization.HIGH,
            InputQuantization.ZERO_POINT,
            InputQuantization.MOST);
    int first = asm.vectorRegisters() - constants.size();
    for (int i = 0; i < constants.size(); i++) {
      asm.loadVector(first + i, Memory.at(RCX, constants.get(i)));
    }
    int zero = first - 1;
    asm.zero(zero);
    Label vector = new Label();
    asm.place(vector);
    asm.loadVector(0, Memory.at(RDI, 0));
    asm.divide(0, 0, first);
    asm.max(0, 0, first + 3);
    asm.min(0, 0, first + 4);
    asm.packed(Packed.PAND, 1, 0, first + 1);
    asm.packed(Packed.POR, 1, 1, first + 2);
    asm.add(0, 0, 1);
    asm.truncate(0, 0);
    asm.packed(Packed.PADDD, 0, 0, first + 5);
    asm.packed(Packed.PMAXSD, 0, 0, zero);
    asm.packed(Packed.PMINSD, 0, 0, first + 6);
    if (vectorBytes == 64) {
      asm.storeLowBytes(Memory.at(RSI, 0), 0);
    } else {
      asm.packed(Packed.PACKSSDW, 0, 0, 0);
      asm.joinHalves(0, 0);
      asm.packed(Packed.PACKUSWB, 0, 0, 0);
      asm.storeHalf(Memory.at(RSI, 0), 0);
    }
    asm.add(RDI, vectorBytes);
    asm.add(RSI, lanes.count());
    asm.subtract(RDX, 1);
    asm.jumpIf(Condition.NOT_EQUAL, vector);
    asm.exit();
    return start;
  }
}

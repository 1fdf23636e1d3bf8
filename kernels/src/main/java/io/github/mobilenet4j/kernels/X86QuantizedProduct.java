package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.R10;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RAX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RBP;

import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Packed;

/**
 * Writes {@link QuantizedKernels#multiply} and {@link QuantizedKernels#sums}. In the place of the
 * bias are the parameters of the panel, and behind the float product's arguments the sums of the
 * pixels.
 */
final class X86QuantizedProduct extends X86Product {
  /** What becomes of the sums. */
  enum Ending {
    /** {@link Requantization#roundsOnce}. */
    ROUNDED_ONCE,
    ROUNDED_TWICE,
    /** The first column is stored as it is, int32. */
    SUM
  }

  private final Packing packing;
  private final Ending ending;
  private final boolean withSums;
  private final X86Requantizer requantizer;

  /**
   * @param vectorBits 512 for AVX-512 with VNNI, else 256
   * @param withSums whether the sums of the pixels are added
   */
  X86QuantizedProduct(int vectorBits, Packing packing, Ending ending, boolean withSums) {
    super(vectorBits);
    this.packing = packing;
    this.ending = ending;
    this.withSums = withSums;
    this.requantizer = new X86Requantizer(asm, ending == Ending.ROUNDED_ONCE);
  }

  @Override
  int stepBytes() {
    return packing.step;
  }

  @Override
  void keepArguments() {
    requantizer.enter();
  }

  @Override
  void begin(int rows, int vectors) {
    if (ending == Ending.SUM) {
      for (int i = 0; i < rows * vectors; i++) {
        asm.zero(i);
      }
      return;
    }
    asm.load(RAX, BIAS);
    for (int v = 0; v < vectors; v++) {
      requantizer.begin(v, requantizer.block(v));
    }
    if (!withSums) {
      for (int i = vectors; i < rows * vectors; i++) {
        asm.moveVector(i, i % vectors);
      }
      return;
    }
    asm.load(R10, MORE);
    int sum = rows * vectors;
    for (int r = rows - 1; r >= 0; r--) {
      asm.broadcastInt(sum, Memory.at(R10, r * Integer.BYTES));
      asm.packed(Packed.PMULLD, sum, sum, Memory.at(RAX, QuantizedParameters.TAKEN));
      for (int v = 0; v < vectors; v++) {
        asm.packed(Packed.PADDD, r * vectors + v, sum, v);
      }
    }
    asm.add(R10, rows * Integer.BYTES);
    asm.store(MORE, R10);
  }

  @Override
  void multiplyAdd(int row, Memory value, int b, int vectors, int spare) {
    switch (packing) {
      case BYTES -> {
        int broadcast = spare + row % (asm.vectorRegisters() - spare);
        asm.broadcastInt(broadcast, value);
        for (int v = 0; v < vectors; v++) {
          asm.packed(Packed.PDPBUSD, row * vectors + v, broadcast, b + v);
        }
      }
      case SHORTS -> {
        asm.broadcastShort(spare, value);
        asm.widenBytes(spare, spare);
        for (int v = 0; v < vectors; v++) {
          asm.packed(Packed.PMADDWD, spare + 1, spare, b + v);
          asm.packed(Packed.PADDD, row * vectors + v, row * vectors + v, spare + 1);
        }
      }
      case FLOATS -> throw new IllegalStateException("floats are for the Vector API");
    }
  }

  @Override
  void end(int rows, int vectors) {
    int even = rows * vectors;
    int odd = even + 1;
    int zero = even + 2;
    asm.load(RAX, BIAS);
    asm.zero(zero);
    for (int r = 0; r < rows; r++) {
      int first = r * vectors;
      if (ending == Ending.SUM) {
        asm.storeScalar(Memory.at(RBP, 0), first);
        nextPixel();
        continue;
      }
      for (int v = 0; v < vectors; v++) {
        requantizer.scale(first + v, requantizer.block(v), zero, even, odd);
      }
      requantizer.storeBytes(Memory.at(RBP, 0), first, vectors, even);
      nextPixel();
    }
  }
}

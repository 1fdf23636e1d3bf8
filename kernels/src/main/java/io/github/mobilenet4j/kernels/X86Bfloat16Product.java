package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.RDI;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RDX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RSI;

import io.github.mobilenet4j.kernels.X86Assembler.Condition;
import io.github.mobilenet4j.kernels.X86Assembler.Label;
import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Packed;

/** Writes {@link Bfloat16Kernels} with AVX512_BF16, in vectors of 512 bits. */
final class X86Bfloat16Product extends X86FloatProduct {
  private static final int VECTOR_BITS = 512;

  X86Bfloat16Product() {
    super(VECTOR_BITS);
  }

  @Override
  int stepBytes() {
    return 2 * Short.BYTES;
  }

  @Override
  void multiplyAdd(int row, Memory value, int b, int vectors, int spare) {
    int broadcast = spare + row % (asm.vectorRegisters() - spare);
    asm.broadcastInt(broadcast, value);
    for (int v = 0; v < vectors; v++) {
      asm.packed(Packed.DPBF16PS, row * vectors + v, broadcast, b + v);
    }
  }

  /**
   * Writes {@link Bfloat16Kernels#round}.
   *
   * <p>Arguments: x, y, vectors of floats.
   */
  int round() {
    int start = asm.enter();
    Label vector = new Label();
    asm.place(vector);
    asm.loadVector(0, Memory.at(RDI, 0));
    asm.toBfloat16(0, 0);
    asm.storeLowerHalf(Memory.at(RSI, 0), 0);
    asm.add(RDI, vectorBytes);
    asm.add(RSI, vectorBytes / 2);
    asm.subtract(RDX, 1);
    asm.jumpIf(Condition.NOT_EQUAL, vector);
    asm.exit();
    return start;
  }
}

package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.RAX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RBP;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RSP;

import io.github.mobilenet4j.kernels.X86Assembler.Memory;

/** Writes products whose sums are floats: they begin with a bias, and are clamped at the end. */
abstract class X86FloatProduct extends X86Product {
  /** The 128 bytes below the stack pointer that a function which calls no other may use. */
  static final Memory LOW = Memory.at(RSP, -4);

  static final Memory HIGH = Memory.at(RSP, -8);

  X86FloatProduct(int vectorBits) {
    super(vectorBits);
  }

  @Override
  void keepArguments() {
    asm.storeScalar(LOW, 0);
    asm.storeScalar(HIGH, 1);
  }

  @Override
  void begin(int rows, int vectors) {
    asm.load(RAX, BIAS);
    for (int v = 0; v < vectors; v++) {
      asm.loadVector(v, Memory.at(RAX, v * vectorBytes));
    }
    for (int i = vectors; i < rows * vectors; i++) {
      asm.moveVector(i, i % vectors);
    }
  }

  @Override
  void end(int rows, int vectors) {
    int b = rows * vectors;
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
}

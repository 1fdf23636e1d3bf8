package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.RAX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RBP;

import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Register;

/** Writes {@link Bfloat16Kernels#multiply} with the tiles of AMX. */
final class AmxBfloat16Product extends AmxProduct {
  private static final Memory LOW = KEPT;
  private static final Memory HIGH = KEPT.plus(Float.BYTES);

  @Override
  void keepArguments() {
    asm.storeScalar(LOW, 0);
    asm.storeScalar(HIGH, 1);
  }

  @Override
  void multiplyAdd(int sums, int pixels, int matrix) {
    asm.tileDotBfloat16(sums, pixels, matrix);
  }

  @Override
  Memory bias(int vector) {
    return Memory.at(RAX, vector * asm.vectorBytes());
  }

  @Override
  void beginStores(int vectors) {
    asm.broadcast(vectors, LOW);
    asm.broadcast(vectors + 1, HIGH);
  }

  @Override
  void store(int vectors, Register more) {
    for (int v = 0; v < vectors; v++) {
      asm.max(v, vectors, v);
      asm.min(v, vectors + 1, v);
      asm.storeVector(Memory.at(RBP, v * asm.vectorBytes()), v);
    }
  }
}

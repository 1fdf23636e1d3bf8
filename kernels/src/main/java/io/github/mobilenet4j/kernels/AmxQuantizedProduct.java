package io.github.mobilenet4j.kernels;

import static io.github.mobilenet4j.kernels.X86Assembler.Register.RAX;
import static io.github.mobilenet4j.kernels.X86Assembler.Register.RBP;

import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Packed;
import io.github.mobilenet4j.kernels.X86Assembler.Register;

/** Writes {@link QuantizedKernels#multiply} with the tiles of AMX. */
final class AmxQuantizedProduct extends AmxProduct {
  private final boolean withSums;
  private final X86Requantizer requantizer;

  /**
   * @param roundsOnce {@link Requantization#roundsOnce}
   * @param withSums whether the sums of the pixels are added
   */
  AmxQuantizedProduct(boolean roundsOnce, boolean withSums) {
    this.withSums = withSums;
    this.requantizer = new X86Requantizer(asm, roundsOnce);
  }

  @Override
  void keepArguments() {
    requantizer.enter();
  }

  @Override
  void multiplyAdd(int sums, int pixels, int matrix) {
    asm.tileDotBytes(sums, pixels, matrix);
  }

  @Override
  Memory bias(int vector) {
    return requantizer.sum(requantizer.block(vector));
  }

  @Override
  void beginStores(int vectors) {
    asm.zero(vectors);
  }

  @Override
  void store(int vectors, Register more) {
    int zero = vectors;
    int even = zero + 1;
    int odd = zero + 2;
    if (withSums) {
      asm.broadcastInt(even, Memory.at(more, 0));
      asm.packed(Packed.PMULLD, even, even, Memory.at(RAX, QuantizedParameters.TAKEN));
      for (int v = 0; v < vectors; v++) {
        asm.packed(Packed.PADDD, v, v, even);
      }
      asm.add(more, Integer.BYTES);
    }
    for (int v = 0; v < vectors; v++) {
      requantizer.scale(v, requantizer.block(v), zero, even, odd);
    }
    requantizer.storeBytes(Memory.at(RBP, 0), 0, vectors, even);
  }
}

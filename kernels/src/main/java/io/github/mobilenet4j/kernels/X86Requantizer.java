package io.github.mobilenet4j.kernels;

import io.github.mobilenet4j.kernels.QuantizedParameters.Slot;
import io.github.mobilenet4j.kernels.X86Assembler.Memory;
import io.github.mobilenet4j.kernels.X86Assembler.Packed;
import io.github.mobilenet4j.kernels.X86Assembler.Register;

/**
 * Writes a {@link Requantization} of vectors of sums.
 *
 * @param asm what writes
 * @param once whether it {@link Requantization#roundsOnce rounds once}
 */
record X86Requantizer(X86Assembler asm, boolean once) {
  /** Mask register that names the even lanes of 32 bits; AVX-512 only. */
  private static final int EVEN_LANES = 1;

  /** Mask register that names the bytes of three vectors of sums; AVX-512 only. */
  private static final int THREE = 3;

  private static final Memory PLACE = Memory.at(Register.RSP, -24);

  /** Sets the mask registers; overwrites rax. */
  void enter() {
    if (asm.vectorRegisters() == 32) {
      set(EVEN_LANES, 0x5555);
      asm.loadImmediate(Register.RAX, -1);
      asm.store(PLACE, Register.RAX);
      asm.storeByte(PLACE.plus(6), 0);
      asm.storeByte(PLACE.plus(7), 0);
      asm.loadMask(THREE, PLACE);
    }
  }

  private void set(int mask, int value) {
    asm.loadImmediate(Register.RAX, value);
    asm.store(PLACE, Register.RAX);
    asm.loadMask(mask, PLACE);
  }

  /** Returns the bytes of a block of {@link QuantizedParameters}. */
  int blockBytes() {
    return Slot.values().length * asm.vectorBytes();
  }

  private Memory slot(Memory block, Slot slot) {
    return block.plus(slot.ordinal() * asm.vectorBytes());
  }

  /** Returns where the block of a vector is, behind a header at rax. */
  Memory block(int vector) {
    return Memory.at(Register.RAX, QuantizedParameters.HEADER + vector * blockBytes());
  }

  /** Returns where the sums of a block begin. */
  Memory sum(Memory block) {
    return slot(block, Slot.SUM);
  }

  /** Sets sums to what they begin with. */
  void begin(int sum, Memory block) {
    asm.loadVector(sum, sum(block));
  }

  /**
   * Adds the zero point to scaled sums, clamps and stores them as bytes, by a header at rax.
   *
   * @param first the register of the first vector; all are overwritten
   * @param vectors how many: 1 to 4, of AVX2 an even number
   * @param spare a register to overwrite
   */
  void storeBytes(Memory to, int first, int vectors, int spare) {
    if (asm.vectorRegisters() < 32) {
      for (int v = 0; v < vectors; v += 2) {
        storePair(to.plus(v / 2 * Channels.GROUP), first + v);
      }
      return;
    }
    if (vectors == 1) {
      asm.packed(Packed.PADDD, first, first, header(QuantizedParameters.ZERO_POINT));
      if (!once) {
        asm.packed(Packed.PMAXSD, first, first, header(QuantizedParameters.LOW));
      }
      asm.packed(Packed.PMINSD, first, first, header(QuantizedParameters.HIGH));
      asm.storeLowBytes(to, first);
      return;
    }
    for (int v = 0; v < vectors; v += 2) {
      int sum = first + v;
      asm.packed(Packed.PACKSSDW, sum, sum, v + 1 < vectors ? sum + 1 : sum);
      asm.packed(Packed.PADDSW, sum, sum, header(QuantizedParameters.ZERO_POINT_WORDS));
    }
    asm.packed(Packed.PACKUSWB, first, first, vectors > 2 ? first + 2 : first);
    asm.packed(Packed.PMAXUB, first, first, header(QuantizedParameters.LOW_BYTES));
    asm.packed(Packed.PMINUB, first, first, header(QuantizedParameters.HIGH_BYTES));
    // Packing leaves four bytes of each vector side by side.
    asm.loadVector(spare, header(QuantizedParameters.ORDER));
    asm.packed(Packed.PERMD, first, spare, first);
    switch (vectors) {
      case 2 -> asm.storeLowerHalf(to, first);
      case 3 -> asm.storeBytes(to, first, THREE);
      default -> asm.storeVector(to, first);
    }
  }

  /** Stores two vectors of AVX2, a group of channels. */
  private void storePair(Memory to, int sum) {
    asm.packed(Packed.PACKSSDW, sum, sum, sum + 1);
    asm.joinHalves(sum, sum);
    asm.packed(Packed.PADDSW, sum, sum, header(QuantizedParameters.ZERO_POINT_WORDS));
    asm.packed(Packed.PACKUSWB, sum, sum, sum);
    asm.joinHalves(sum, sum);
    asm.packed(Packed.PMAXUB, sum, sum, header(QuantizedParameters.LOW_BYTES));
    asm.packed(Packed.PMINUB, sum, sum, header(QuantizedParameters.HIGH_BYTES));
    asm.storeHalf(to, sum);
  }

  private static Memory header(int place) {
    return Memory.at(Register.RAX, place);
  }

  /**
   * Scales sums and rounds them; the zero point is not added yet.
   *
   * @param block their parameters
   * @param zero a register of zeros
   * @param even and {@code odd}: registers to overwrite
   */
  void scale(int sum, Memory block, int zero, int even, int odd) {
    if (once) {
      asm.packed(Packed.PMAXSD, sum, sum, zero);
    }
    asm.oddToEven(odd, sum);
    asm.packed(Packed.PMULDQ, even, sum, slot(block, Slot.MULTIPLIER));
    asm.packed(Packed.PMULDQ, odd, odd, slot(block, Slot.MULTIPLIER_ODD));
    asm.packed(Packed.PADDQ, even, even, slot(block, Slot.ROUND_EVEN));
    asm.packed(Packed.PADDQ, odd, odd, slot(block, Slot.ROUND_ODD));
    if (once) {
      asm.mergeUpper(odd, even, EVEN_LANES);
      asm.packed(Packed.PSRLVD, sum, odd, slot(block, Slot.RIGHT));
      return;
    }
    asm.packed(Packed.PSLLVQ, even, even, slot(block, Slot.COUNT_EVEN));
    asm.packed(Packed.PSLLVQ, odd, odd, slot(block, Slot.COUNT_ODD));
    asm.mergeUpper(odd, even, EVEN_LANES);
    asm.packed(Packed.PSRLVD, even, odd, slot(block, Slot.SIGN));
    asm.packed(Packed.PADDD, sum, odd, slot(block, Slot.HALF));
    asm.packed(Packed.PSUBD, sum, sum, even);
    asm.packed(Packed.PSRAVD, sum, sum, slot(block, Slot.RIGHT));
  }
}

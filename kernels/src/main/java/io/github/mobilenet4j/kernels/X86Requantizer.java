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
  /** Mask register that names the odd lanes of 32 bits; AVX-512 only. */
  private static final int ODD_LANES = 1;

  /** What the mask register holds. */
  private static final int ODD = 0xAAAA;

  private static final Memory ODD_PLACE = Memory.at(Register.RSP, -24);

  /** Sets the mask register; overwrites rax. */
  void enter() {
    if (asm.vectorRegisters() == 32) {
      asm.loadImmediate(Register.RAX, ODD);
      asm.store(ODD_PLACE, Register.RAX);
      asm.loadMask(ODD_LANES, ODD_PLACE);
    }
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

  /** Stores scaled sums as bytes, by a header at rax; AVX-512 only. */
  void storeBytes(Memory to, int sum) {
    asm.packed(Packed.PADDD, sum, sum, Memory.at(Register.RAX, QuantizedParameters.ZERO_POINT));
    if (!once) {
      asm.packed(Packed.PMAXSD, sum, sum, Memory.at(Register.RAX, QuantizedParameters.LOW));
    }
    asm.packed(Packed.PMINSD, sum, sum, Memory.at(Register.RAX, QuantizedParameters.HIGH));
    asm.storeLowBytes(to, sum);
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
    asm.packed(Packed.PMULDQ, even, sum, slot(block, Slot.MULTIPLIER));
    asm.shiftRight64(odd, sum, Integer.SIZE);
    asm.packed(Packed.PMULDQ, odd, odd, slot(block, Slot.MULTIPLIER_ODD));
    asm.packed(Packed.PADDQ, even, even, slot(block, Slot.ROUND_EVEN));
    asm.packed(Packed.PADDQ, odd, odd, slot(block, Slot.ROUND_ODD));
    Packed shift = once ? Packed.PSRLVQ : Packed.PSLLVQ;
    asm.packed(shift, even, even, slot(block, Slot.COUNT_EVEN));
    asm.packed(shift, odd, odd, slot(block, Slot.COUNT_ODD));
    if (once) {
      asm.mergeOdd(sum, even, odd, ODD_LANES);
      return;
    }
    asm.shiftRight64(even, even, Integer.SIZE);
    asm.mergeOdd(sum, even, odd, ODD_LANES);
    asm.packed(Packed.PSRLVD, even, sum, slot(block, Slot.SIGN));
    asm.packed(Packed.PADDD, sum, sum, slot(block, Slot.HALF));
    asm.packed(Packed.PSUBD, sum, sum, even);
    asm.packed(Packed.PSRAVD, sum, sum, slot(block, Slot.RIGHT));
  }
}

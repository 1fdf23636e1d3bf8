package io.github.mobilenet4j.kernels;

import java.util.Optional;

/** Which instructions multiply bfloat16 values beside some kernels. */
public final class Bfloat16Choice {
  private Bfloat16Choice() {}

  /**
   * Returns the processor's own instructions for products of bfloat16 values, beside machine code.
   *
   * @return empty where there are none, or where {@code mobilenet4j.bfloat16} is {@code float32}
   * @throws UnsupportedOperationException as {@link #of}
   * @throws IllegalArgumentException as {@link #of}
   */
  public static Optional<RefilledBfloat16Kernels> refilled(Kernels kernels) {
    Instructions instructions = instructions(kernels);
    return instructions == null
        ? Optional.empty()
        : Optional.of(new MachineCodeBfloat16Kernels(instructions, kernels));
  }

  /**
   * Returns what multiplies bfloat16 values on the memory of kernels: the processor's instructions
   * for it beside machine code, else these kernels on rounded values.
   *
   * @throws UnsupportedOperationException if the operating system refuses executable memory, or the
   *     system property {@code mobilenet4j.bfloat16} asks for instructions that do not run here
   * @throws IllegalArgumentException if it asks for what does not exist
   */
  public static Bfloat16Kernels of(Kernels kernels) {
    Instructions instructions = instructions(kernels);
    return instructions == null
        ? new RoundingBfloat16Kernels(kernels)
        : new MachineCodeBfloat16Kernels(instructions, kernels);
  }

  private static Instructions instructions(Kernels kernels) {
    return kernels instanceof MachineCodeKernels
        ? Instructions.BFLOAT16.get(kernels.vectorBits())
        : null;
  }
}

package io.github.mobilenet4j.kernels;

/** Which instructions multiply bfloat16 values beside some kernels. */
public final class Bfloat16Choice {
  private Bfloat16Choice() {}

  /**
   * Returns what multiplies bfloat16 values on the memory of kernels: the processor's instructions
   * for it beside machine code, else these kernels on rounded values.
   *
   * @throws UnsupportedOperationException if the operating system refuses executable memory, or the
   *     system property {@code mobilenet4j.bfloat16} asks for instructions that do not run here
   * @throws IllegalArgumentException if it asks for what does not exist
   */
  public static Bfloat16Kernels of(Kernels kernels) {
    Instructions instructions =
        kernels instanceof MachineCodeKernels
            ? Instructions.BFLOAT16.get(kernels.vectorBits())
            : null;
    return instructions == null
        ? new RoundingBfloat16Kernels(kernels)
        : new MachineCodeBfloat16Kernels(instructions, kernels);
  }
}

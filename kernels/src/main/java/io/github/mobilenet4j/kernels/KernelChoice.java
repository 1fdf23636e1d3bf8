package io.github.mobilenet4j.kernels;

import java.util.List;
import java.util.function.Supplier;

/**
 * Which kernels this process uses, and why. Chosen once, on first use.
 *
 * <p>The order is machine code, Vector API, plain loops: the first that this machine and JVM can
 * run. Two system properties, read once, change it:
 *
 * <ul>
 *   <li>{@code mobilenet4j.kernels}: {@code machine-code}, {@code vector} or {@code reference}
 *   <li>{@code mobilenet4j.vectorBits}: {@code 128}, {@code 256} or {@code 512}
 * </ul>
 *
 * @param kernels the kernels
 * @param reason why these, and what to change for faster ones, in a sentence for people
 */
public record KernelChoice(Kernels kernels, String reason) {
  private static final String KERNELS = "mobilenet4j.kernels";
  private static final String VECTOR_BITS = "mobilenet4j.vectorBits";

  private static final class Current {
    static final KernelChoice CHOICE = choose();
  }

  /**
   * Returns the kernels of this process.
   *
   * @throws IllegalArgumentException if a system property asks for what does not exist
   * @throws UnsupportedOperationException if a system property asks for what cannot run here
   */
  public static KernelChoice current() {
    return Current.CHOICE;
  }

  /** Returns the width asked for in bits, 0 for none. */
  static int requestedVectorBits() {
    String value = System.getProperty(VECTOR_BITS, "0");
    return switch (value) {
      case "0", "128", "256", "512" -> Integer.parseInt(value);
      default ->
          throw new IllegalArgumentException(
              "%s is %s, expected 128, 256 or 512".formatted(VECTOR_BITS, value));
    };
  }

  private static KernelChoice choose() {
    String requested = System.getProperty(KERNELS, "");
    return switch (requested) {
      case "machine-code" -> new KernelChoice(machineCode(), "asked for by -D" + KERNELS);
      case "vector" -> new KernelChoice(vector(), "asked for by -D" + KERNELS);
      case "reference" -> new KernelChoice(new ReferenceKernels(), "asked for by -D" + KERNELS);
      case "" -> first();
      default ->
          throw new IllegalArgumentException(
              "%s is %s, expected machine-code, vector or reference".formatted(KERNELS, requested));
    };
  }

  private static KernelChoice first() {
    StringBuilder reasons = new StringBuilder();
    for (Supplier<Kernels> candidate :
        List.<Supplier<Kernels>>of(KernelChoice::machineCode, KernelChoice::vector)) {
      try {
        Kernels kernels = candidate.get();
        return new KernelChoice(kernels, reasons + "the fastest that runs here");
      } catch (UnsupportedOperationException | IllegalCallerException e) {
        reasons.append(e.getMessage()).append("; ");
      }
    }
    return new KernelChoice(new ReferenceKernels(), reasons + "plain loops run anywhere");
  }

  private static Kernels machineCode() {
    int requested = requestedVectorBits();
    return new MachineCodeKernels(
        requested == 0 ? MachineCodeKernels.widestVectorBits() : requested);
  }

  private static Kernels vector() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      throw new UnsupportedOperationException(
          "the Vector API is not there, add the JVM flag --add-modules jdk.incubator.vector");
    }
    return new VectorKernels();
  }
}

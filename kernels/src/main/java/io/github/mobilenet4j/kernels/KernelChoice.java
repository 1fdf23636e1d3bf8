package io.github.mobilenet4j.kernels;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Which kernels this process uses, and why. Chosen once, on first use.
 *
 * <p>The order is machine code, Vector API, plain loops: the first that this machine and JVM can
 * run. Where only plain loops are left, one warning is logged, by {@link System.Logger}, which says
 * what is in the way of faster ones. Two system properties, read once, change the choice:
 *
 * <ul>
 *   <li>{@code mobilenet4j.kernels}: what to try, in order, separated by commas: {@code
 *       machine-code}, {@code vector}, {@code plain}
 *   <li>{@code mobilenet4j.vectorBits}: {@code 128}, {@code 256} or {@code 512}
 * </ul>
 *
 * @param kernels the kernels
 * @param reason what these are, why these, and what is in the way of faster ones, in words for
 *     people, such as {@code machine code, AVX-512, the fastest that runs here}
 */
public record KernelChoice(Kernels kernels, String reason) {
  private static final String KERNELS = "mobilenet4j.kernels";

  private static final class Current {
    static final Supplier<KernelChoice> CHOICE = choice();

    /** Keeps an exception: if it left the initialiser of a class it would become another one. */
    private static Supplier<KernelChoice> choice() {
      try {
        KernelChoice choice = choose();
        return () -> choice;
      } catch (IllegalArgumentException | UnsupportedOperationException e) {
        return () -> {
          throw e;
        };
      }
    }
  }

  /**
   * Returns the kernels of this process.
   *
   * @throws IllegalArgumentException if a system property asks for what does not exist
   * @throws UnsupportedOperationException if a system property asks only for what cannot run here
   */
  public static KernelChoice current() {
    return Current.CHOICE.get();
  }

  private static KernelChoice choose() {
    Processor.requestedVectorBits(); // a wrong one is an error, whatever the kernels
    String asked = System.getProperty(KERNELS, "");
    List<String> order =
        List.of((asked.isEmpty() ? "machine-code,vector,plain" : asked).split(","));
    List<String> reasons = new ArrayList<>();
    for (String name : order) {
      try {
        Kernels kernels = create(name);
        if (kernels instanceof PlainKernels && !reasons.isEmpty()) {
          System.getLogger(KernelChoice.class.getPackageName())
              .log(Level.WARNING, "Slow, in plain loops: " + String.join("; ", reasons));
        }
        String why = asked.isEmpty() ? "the fastest that runs here" : "asked for by -D" + KERNELS;
        reasons.add(kernels.name() + ", " + why);
        return new KernelChoice(kernels, String.join("; ", reasons));
      } catch (UnsupportedOperationException | IllegalCallerException e) {
        reasons.add(e.getMessage());
      } catch (ExceptionInInitializerError e) {
        // So says a JVM that denies native access, or a system without the functions.
        switch (e.getCause()) {
          case IllegalCallerException refusal -> reasons.add(refusal.getMessage());
          case UnsupportedOperationException missing -> reasons.add(missing.getMessage());
          case null, default -> throw e;
        }
      }
    }
    throw new UnsupportedOperationException(
        "%s is %s: %s".formatted(KERNELS, asked, String.join("; ", reasons)));
  }

  private static Kernels create(String name) {
    return switch (name) {
      case "machine-code" ->
          new MachineCodeKernels(Processor.vectorBits(Processor.requestedVectorBits()));
      case "vector" -> vector();
      case "plain" -> new PlainKernels();
      default ->
          throw new IllegalArgumentException(
              "%s names %s, expected machine-code, vector or plain".formatted(KERNELS, name));
    };
  }

  private static Kernels vector() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      throw new UnsupportedOperationException(
          "the Vector API is not there, add the JVM flag --add-modules jdk.incubator.vector");
    }
    return new VectorKernels();
  }
}

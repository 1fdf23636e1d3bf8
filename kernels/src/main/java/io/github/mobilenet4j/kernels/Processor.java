package io.github.mobilenet4j.kernels;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What vectors the processor has, and which of them are asked for. */
final class Processor {
  private static final String VECTOR_BITS = "mobilenet4j.vectorBits";

  private static final Set<String> FEATURES = read();

  private Processor() {}

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

  /** Returns the widest vectors that this machine has code for, 0 for none. */
  static int widestVectorBits() {
    if (has("avx512f")) {
      return 512;
    }
    return has("avx2") && has("fma") ? 256 : 0;
  }

  /**
   * Returns the vector width that machine code may use.
   *
   * @param requested in bits, 0 for the widest
   * @throws UnsupportedOperationException saying what is missing, if this machine cannot run it
   */
  static int vectorBits(int requested) {
    int widest = widestVectorBits();
    if (widest == 0) {
      throw new UnsupportedOperationException(
          "machine code needs Linux on x86-64 with AVX2 and FMA");
    }
    int bits = requested == 0 ? widest : requested;
    if (bits < 256 || bits > widest) {
      throw new UnsupportedOperationException(
          "no machine code of %s bits, the widest here is %s".formatted(bits, widest));
    }
    return bits;
  }

  /** Returns the writer of machine code with such vectors. */
  static KernelWriter writer(int vectorBits) {
    return new X86TrainingKernels(vectorBits);
  }

  /** Returns whether the processor has a feature, as Linux names them. */
  static boolean has(String feature) {
    return FEATURES.contains(feature);
  }

  /** Reads what Linux says the processor can do; empty elsewhere. */
  private static Set<String> read() {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      return Set.of();
    }
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst()
          .map(line -> Set.copyOf(List.of(line.split("\\s+"))))
          .orElse(Set.of());
    } catch (IOException e) {
      return Set.of();
    }
  }
}

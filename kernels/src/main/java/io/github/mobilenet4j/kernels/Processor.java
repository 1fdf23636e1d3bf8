package io.github.mobilenet4j.kernels;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What vectors the processor has, and which of them are asked for. */
final class Processor {
  private static final String VECTOR_BITS = "mobilenet4j.vectorBits";
  private static final String INT8 = "mobilenet4j.int8";
  private static final String BFLOAT16 = "mobilenet4j.bfloat16";

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
    Set<String> flags = flags();
    if (flags.contains("avx512f")) {
      return 512;
    }
    return flags.containsAll(List.of("avx2", "fma")) ? 256 : 0;
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

  /**
   * Returns machine code for integers: with the instructions that the system property {@code
   * mobilenet4j.int8} names, else with the fastest that are here.
   *
   * @throws UnsupportedOperationException if the property names what does not run here
   * @throws IllegalArgumentException if it names what does not exist
   */
  static MachineCodeQuantizedKernels quantizedKernels(NativeMemory memory) {
    Set<String> flags = flags();
    int most = vectorBits(requestedVectorBits());
    boolean wide = most == 512 && flags.containsAll(List.of("avx512_vnni", "avx512bw"));
    boolean narrow = flags.contains("avx_vnni");
    String asked = System.getProperty(INT8, wide ? "avx512-vnni" : narrow ? "avx-vnni" : "avx2");
    boolean runs =
        switch (asked) {
          case "avx512-vnni" -> wide;
          case "avx-vnni" -> narrow;
          case "avx2" -> true;
          default ->
              throw new IllegalArgumentException(
                  "%s is %s, expected avx512-vnni, avx-vnni or avx2".formatted(INT8, asked));
        };
    if (!runs) {
      throw new UnsupportedOperationException(
          "%s is %s, which does not run here".formatted(INT8, asked));
    }
    return new MachineCodeQuantizedKernels(
        asked.equals("avx512-vnni") ? 512 : 256,
        asked.equals("avx2") ? Packing.SHORTS : Packing.BYTES,
        memory);
  }

  /**
   * Returns whether machine code multiplies bfloat16 values with instructions for them. The system
   * property {@code mobilenet4j.bfloat16} may ask for {@code avx512-bf16} or {@code float32}.
   *
   * @throws UnsupportedOperationException if the property names what does not run here
   * @throws IllegalArgumentException if it names what does not exist
   */
  static boolean hasBfloat16(int vectorBits) {
    boolean here = vectorBits == 512 && has("avx512_bf16");
    return switch (System.getProperty(BFLOAT16, here ? "avx512-bf16" : "float32")) {
      case "float32" -> false;
      case "avx512-bf16" -> {
        if (!here) {
          throw new UnsupportedOperationException(
              BFLOAT16 + " is avx512-bf16, which does not run here");
        }
        yield true;
      }
      case String other ->
          throw new IllegalArgumentException(
              "%s is %s, expected avx512-bf16 or float32".formatted(BFLOAT16, other));
    };
  }

  /** Returns whether the processor has all of these, as Linux names them. */
  static boolean has(String... features) {
    return flags().containsAll(List.of(features));
  }

  /** What Linux says the processor can do; empty elsewhere. */
  private static Set<String> flags() {
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

package io.github.mobilenet4j.kernels;

import java.util.List;
import java.util.stream.Collectors;

/** Instructions for products of small values, which a processor may have beside its vectors. */
enum Instructions {
  AMX_INT8("AMX", "amx", 512, "amx_tile", "amx_int8", "avx512bw", "avx512_vnni"),
  AVX512_VNNI("AVX-512 VNNI", "avx512-vnni", 512, "avx512bw", "avx512_vnni"),
  AVX_VNNI("AVX-VNNI", "avx-vnni", 256, "avx_vnni"),
  AVX2("AVX2", "avx2", 256),
  AMX_BF16("AMX", "amx", 512, "amx_tile", "amx_bf16", "avx512_bf16"),
  AVX512_BF16("AVX512_BF16", "avx512-bf16", 512, "avx512_bf16");

  /** Where bytes are multiplied: the system property, and what there is, the fastest first. */
  static final Choice INT8 =
      new Choice("mobilenet4j.int8", List.of(AMX_INT8, AVX512_VNNI, AVX_VNNI, AVX2), "");

  /** The same for bfloat16 values. */
  static final Choice BFLOAT16 =
      new Choice("mobilenet4j.bfloat16", List.of(AMX_BF16, AVX512_BF16), "float32");

  /** The name for people. */
  final String title;

  private final String option;

  /** Bits of the vectors beside them. */
  final int vectorBits;

  private final List<String> features;

  /**
   * @param features that the processor has to have, as Linux names them
   */
  Instructions(String title, String option, int vectorBits, String... features) {
    this.title = title;
    this.option = option;
    this.vectorBits = vectorBits;
    this.features = List.of(features);
  }

  /**
   * Returns what is in the way of them, null if they run here.
   *
   * @param mostVectorBits the widest vectors that may be used
   */
  String obstacle(int mostVectorBits) {
    if (vectorBits > mostVectorBits) {
      return "vectors have at most %s bits".formatted(mostVectorBits);
    }
    List<String> missing = features.stream().filter(f -> !Processor.has(f)).toList();
    if (!missing.isEmpty()) {
      return "the processor has no " + String.join(", ", missing);
    }
    return usesTiles() && !SystemCalls.tilesAllowed()
        ? "the operating system does not give AMX's tiles"
        : null;
  }

  /** Returns whether they are instructions on the tiles of AMX. */
  boolean usesTiles() {
    return this == AMX_INT8 || this == AMX_BF16;
  }

  /**
   * Instructions of which one is used.
   *
   * @param property the system property that forces one
   * @param all what there is, the fastest first
   * @param none what asks for none of them, empty if one there has to be
   */
  record Choice(String property, List<Instructions> all, String none) {
    /**
     * Returns what the property asks for, else the first that run here; null for none of them.
     *
     * @param mostVectorBits the widest vectors that may be used
     * @throws UnsupportedOperationException if the property names what does not run here
     * @throws IllegalArgumentException if it names what does not exist
     */
    Instructions get(int mostVectorBits) {
      String asked = System.getProperty(property);
      if (asked == null) {
        return all.stream()
            .filter(i -> i.obstacle(mostVectorBits) == null)
            .findFirst()
            .orElse(null);
      }
      if (!none.isEmpty() && asked.equals(none)) {
        return null;
      }
      Instructions found =
          all.stream()
              .filter(i -> i.option.equals(asked))
              .findFirst()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "%s is %s, expected %s".formatted(property, asked, options())));
      String obstacle = found.obstacle(mostVectorBits);
      if (obstacle != null) {
        throw new UnsupportedOperationException(
            "%s is %s, which does not run here: %s".formatted(property, asked, obstacle));
      }
      return found;
    }

    private String options() {
      String names = all.stream().map(i -> i.option).collect(Collectors.joining(", "));
      return none.isEmpty() ? names : names + " or " + none;
    }
  }
}

package io.github.mobilenet4j.kernels;

/**
 * A place in memory, made once for many calls.
 *
 * @param memory where
 * @param offset of its beginning, in values of 32 bits
 */
public record Place(Buffer memory, int offset) {
  /** Returns its address in native memory. */
  long address() {
    return memory.address(offset);
  }
}

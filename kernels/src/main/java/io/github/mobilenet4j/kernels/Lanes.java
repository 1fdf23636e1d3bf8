package io.github.mobilenet4j.kernels;

/**
 * Which vector and lane sums of 32 bits are in.
 *
 * @param count lanes of a vector
 * @param part channels that the depthwise convolution takes together: 16 or 64
 * @param filters how the values of depthwise filters lie
 */
public record Lanes(int count, int part, Packing filters) {
  /**
   * Returns the channel, within its part, of a lane of the depthwise convolution. Bytes and words
   * are interleaved within 128 bits, so four lanes of such a piece are neighbours, and the next
   * four are in the next vector.
   */
  int channel(int vector, int lane) {
    int vectors = part / count;
    return lane / 4 * 4 * vectors + 4 * vector + lane % 4;
  }
}

package io.github.mobilenet4j.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Small damage to a file. */
final class Mutations {
  private Mutations() {}

  static byte[] mutate(byte[] seed, byte[] other, Choices choices) {
    if (seed.length == 0 || other.length == 0) {
      return other;
    }
    byte[] bytes = seed.clone();
    int at = place(bytes.length, choices);
    switch (choices.below(7)) {
      case 0 -> bytes[at] ^= (byte) (1 << choices.below(8));
      case 1 -> bytes[at] = (byte) choices.octet();
      case 2 -> bytes = Arrays.copyOf(bytes, at);
      case 3 -> {
        bytes = Arrays.copyOf(bytes, bytes.length + 1 + choices.below(16));
        System.arraycopy(seed, at, bytes, bytes.length - seed.length + at, seed.length - at);
      }
      case 4 -> {
        int length = Math.min(choices.below(256), Math.min(bytes.length - at, other.length));
        System.arraycopy(other, choices.below(other.length - length + 1), bytes, at, length);
      }
      case 5 -> {
        // A piece of the file again and again.
        int length = Math.min(choices.below(256), bytes.length - at);
        bytes =
            new FileBytes()
                .bytes(Arrays.copyOf(seed, at))
                .repeat(choices.count(10_000), Arrays.copyOfRange(seed, at, at + length))
                .bytes(Arrays.copyOfRange(seed, at, seed.length))
                .toArray();
      }
      default -> {
        int width = Math.min(1 << choices.below(4), bytes.length - at);
        ByteOrder order = choices.coin() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        byte[] number = ByteBuffer.allocate(8).order(order).putLong(choices.number()).array();
        int from = order == ByteOrder.LITTLE_ENDIAN ? 0 : 8 - width;
        System.arraycopy(number, from, bytes, at, width);
      }
    }
    return bytes;
  }

  /** Returns a place, half of the time near the beginning or the end, where the structure is. */
  private static int place(int length, Choices choices) {
    int near = Math.min(length, 2048);
    return switch (choices.below(4)) {
      case 0 -> choices.below(near);
      case 1 -> length - 1 - choices.below(near);
      default -> choices.below(length);
    };
  }
}

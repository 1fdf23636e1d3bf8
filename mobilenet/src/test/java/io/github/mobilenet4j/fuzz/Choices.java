package io.github.mobilenet4j.fuzz;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Decisions of a generator, read one after the other from a sequence of bytes; behind its end every
 * decision is the first, and the simplest, of those possible. So any bytes make a file, nearly the
 * same bytes nearly the same file, and fewer bytes a simpler one: whoever searches for faults, by
 * chance or guided by coverage, need know nothing of formats.
 */
public final class Choices {
  /** Numbers at which counts, sizes and offsets overflow or stop to be plausible. */
  private static final long[] EXTREMES = {
    0,
    1,
    -1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    4096,
    16_000,
    1_000_000,
    100_000_000,
    1 << 30,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xFFFFFFFFL,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final byte[] bytes;
  private int at;
  private boolean lavish;

  public Choices(byte[] bytes) {
    this.bytes = bytes.clone();
  }

  /** Returns whether all that follows is the simplest. */
  public boolean isOver() {
    return at >= bytes.length;
  }

  /** Returns what was not read yet, and reads it. */
  public byte[] rest() {
    byte[] rest = Arrays.copyOfRange(bytes, Math.min(at, bytes.length), bytes.length);
    at = bytes.length;
    return rest;
  }

  /** Returns a byte, 0 to 255. */
  public int octet() {
    return at < bytes.length ? bytes[at++] & 0xFF : 0;
  }

  /** Returns a number from 0 to {@code bound} − 1. */
  public int below(int bound) {
    long value = 0;
    for (long range = 1; range < bound; range <<= 8) {
      value = value << 8 | octet();
    }
    return (int) (value % bound);
  }

  public boolean coin() {
    return octet() > 127;
  }

  /** Returns true once in that many times. */
  public boolean oneIn(int times) {
    return octet() >= 256 - 256 / times;
  }

  @SafeVarargs
  public final <T> T of(T... options) {
    return options[below(options.length)];
  }

  public <T> T of(List<T> options) {
    return options.get(below(options.size()));
  }

  /** Returns a number that a file may have where a size, an offset or a count belongs. */
  public long number() {
    return switch (below(4)) {
      case 0 -> below(9);
      case 1 -> octet();
      case 2 -> EXTREMES[below(EXTREMES.length)];
      default ->
          ByteBuffer.wrap(new byte[8]).putInt(4, below(1 << 16) << 16 | below(1 << 16)).getLong();
    };
  }

  /** Returns how often something is repeated: mostly a few times, now and then up to the most. */
  public int count(int most) {
    int few = lavish ? 128 : 240;
    int choice = octet();
    int count =
        choice < few ? choice % 6 : (int) Math.pow(most + 1.0, (choice - few + 1.0) / (256 - few));
    return Math.min(count, most);
  }

  /** Makes every other count a large one, as it takes several to make a file that is too much. */
  void beLavish() {
    lavish = true;
  }

  /** Returns so many bytes: what follows, or a single one again and again. */
  public byte[] data(int length) {
    byte[] data = new byte[length];
    if (coin()) {
      for (int i = 0; i < length && !isOver(); i++) {
        data[i] = (byte) octet();
      }
    } else {
      Arrays.fill(data, (byte) octet());
    }
    return data;
  }
}

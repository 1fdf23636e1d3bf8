package io.github.mobilenet4j.image;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReadLimits.Limit;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The bytes of one picture file. Reading outside them is an {@link ImageException} that names the
 * file, so that the formats' parsers need no checks of their own against a cut file.
 *
 * @param name what the file is called in messages
 * @param bytes the whole file, not modified
 * @param limits what the file may ask for
 */
@SuppressWarnings("ArrayRecordComponent")
record Input(String name, byte[] bytes, ReadLimits limits) {
  // One array holds an image, of four components before their conversion.
  static final long MOST_PIXELS = (Integer.MAX_VALUE - 8) / 4;

  // A line of a hundred megapixels is no picture, and its resampling weights would need gigabytes.
  static final long MAX_SIDE = 1_000_000;

  int length() {
    return bytes.length;
  }

  /** Returns the unsigned number of {@code count} ≤ 4 bytes at {@code at}, first byte highest. */
  long big(long at, int count) {
    check(at, count);
    long value = 0;
    for (int i = 0; i < count; i++) {
      value = value << 8 | bytes[(int) at + i] & 0xff;
    }
    return value;
  }

  /** Returns the unsigned number of {@code count} ≤ 4 bytes at {@code at}, first byte lowest. */
  long little(long at, int count) {
    check(at, count);
    long value = 0;
    for (int i = count - 1; i >= 0; i--) {
      value = value << 8 | bytes[(int) at + i] & 0xff;
    }
    return value;
  }

  /** Returns the byte at {@code at}, 0..255. */
  int octet(long at) {
    return (int) big(at, 1);
  }

  /** Tells whether these Latin-1 characters stand at {@code at}. */
  boolean has(long at, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
    return at >= 0
        && at + wanted.length <= bytes.length
        && Arrays.equals(bytes, (int) at, (int) at + wanted.length, wanted, 0, wanted.length);
  }

  /** Returns {@code count} bytes from {@code at}, a copy. */
  byte[] slice(long at, long count) {
    check(at, count);
    return Arrays.copyOfRange(bytes, (int) at, (int) (at + count));
  }

  /** Checks that {@code count} bytes from {@code at} on are there. */
  void check(long at, long count) {
    if (at < 0 || count < 0 || at + count > bytes.length) {
      throw bad(
          "cut short: needs %s bytes at byte %s, has %s in all".formatted(count, at, length()));
    }
  }

  /** Checks the size that the header announces, before memory is taken for it. */
  void checkSize(long width, long height) {
    if (width < 1 || height < 1) {
      throw bad("announces %s×%s pixels, expected at least 1×1".formatted(width, height));
    }
    if (width > MAX_SIDE || height > MAX_SIDE) {
      throw bad(
          "announces %s×%s pixels, expected at most %s a side".formatted(width, height, MAX_SIDE));
    }
    long most = Math.min(limits.of(Limit.PIXELS), MOST_PIXELS);
    if (width * height > most) {
      throw bad(
          "announces %s×%s pixels, which is above the limit of %s".formatted(width, height, most));
    }
  }

  /**
   * Checks what decoding takes against what a file of this length may take: a legal file of a few
   * bytes may be an image of a hundred megapixels, all of one colour.
   *
   * @param taken bytes of memory
   */
  void checkMemory(long taken) {
    long most = limits.memory(length());
    if (taken > most) {
      throw bad(
          "decoding its %s bytes takes %s MB, above the limit of %s MB for a file of this length"
              .formatted(length(), taken >> 20, most >> 20));
    }
  }

  /**
   * Checks that a file may hold what its header announces, so that a few bytes cannot demand the
   * memory of a hundred megapixels.
   *
   * @param announced what the header announces, in any unit
   * @param possible the most of it that the data can hold, by the rules of the compression
   */
  void checkPlausible(long announced, long possible) {
    if (announced > possible) {
      throw bad(
          "cut short: its %s bytes cannot hold what its header announces".formatted(length()));
    }
  }

  ImageException bad(String what) {
    return new ImageException(name + ": " + what);
  }

  ImageException bad(String what, Throwable cause) {
    return new ImageException(name + ": " + what, cause);
  }
}

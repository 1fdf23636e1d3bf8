package io.github.mobilenet4j.image;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** What TIFF packs rows with: nothing, PackBits, LZW (TIFF 6.0, sections 9 and 13), deflate. */
enum TiffData {
  NONE(1, 1),
  LZW(5, 2731), // 4096 bytes in twelve bits
  DEFLATE(8, 1032), // RFC 1951: 258 bytes in two bits
  OLD_DEFLATE(32946, 1032),
  PACK_BITS(32773, 64);

  private static final int CLEAR = 256;
  private static final int END = 257;
  private static final int MOST_CODES = 4096;

  final int number;

  /** How many bytes one byte can become at most. */
  final int ratio;

  TiffData(int number, int ratio) {
    this.number = number;
    this.ratio = ratio;
  }

  /**
   * Unpacks.
   *
   * @param at where the packed data begins
   * @param count how many bytes it has
   * @param bytes filled to its end, or there is an error; what is more is left
   */
  void unpack(Input in, long at, int count, byte[] bytes) {
    in.check(at, count);
    int filled =
        switch (this) {
          case NONE -> plain(in, (int) at, count, bytes);
          case LZW -> lzw(in, (int) at, count, bytes);
          case DEFLATE, OLD_DEFLATE -> inflated(in, (int) at, count, bytes);
          case PACK_BITS -> runs(in, (int) at, count, bytes);
        };
    if (filled < bytes.length) {
      throw in.bad("cut short: its TIFF data ends too early");
    }
  }

  private static int plain(Input in, int at, int count, byte[] bytes) {
    int length = Math.min(count, bytes.length);
    System.arraycopy(in.bytes(), at, bytes, 0, length);
    return length;
  }

  private static int inflated(Input in, int at, int count, byte[] bytes) {
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(in.bytes(), at, count);
      int filled = 0;
      while (filled < bytes.length) {
        int more = inflater.inflate(bytes, filled, bytes.length - filled);
        if (more == 0) {
          break;
        }
        filled += more;
      }
      return filled;
    } catch (DataFormatException e) {
      throw in.bad("damaged TIFF data: " + e.getMessage(), e);
    }
  }

  private static int runs(Input in, int at, int count, byte[] bytes) {
    byte[] packed = in.bytes();
    int filled = 0;
    int i = at;
    while (i < at + count && filled < bytes.length) {
      int n = packed[i++];
      if (n >= 0) {
        int length = Math.min(Math.min(n + 1, at + count - i), bytes.length - filled);
        System.arraycopy(packed, i, bytes, filled, length);
        filled += length;
        i += n + 1;
      } else if (n > -128 && i < at + count) {
        int end = Math.min(filled + 1 - n, bytes.length);
        Arrays.fill(bytes, filled, end, packed[i++]);
        filled = end;
      }
    }
    return filled;
  }

  /** Codes of 9 to 12 bits, high bit first; a code is one byte more than another code. */
  private static int lzw(Input in, int at, int count, byte[] bytes) {
    int[] begins = new int[MOST_CODES];
    int[] lengths = new int[MOST_CODES];
    int next = END + 1;
    int size = 9;
    int before = -1;
    int filled = 0;
    long bits = 0;
    int held = 0;
    for (int i = at; i < at + count && filled < bytes.length; ) {
      while (held < size && i < at + count) {
        bits = bits << 8 | in.bytes()[i++] & 0xff;
        held += 8;
      }
      while (held >= size && filled < bytes.length) {
        int code = (int) (bits >> held - size) & (1 << size) - 1;
        held -= size;
        if (code == END) {
          return filled;
        }
        if (code == CLEAR) {
          next = END + 1;
          size = 9;
          before = -1;
          continue;
        }
        int begin = filled;
        if (code < CLEAR) {
          bytes[filled++] = (byte) code;
        } else {
          boolean known = code < next && code > END;
          if (!known && (code != next || before < 0)) {
            throw in.bad("damaged TIFF data: an LZW code that is not there yet");
          }
          // A code that is just being made begins as the one before, and ends as it begins.
          int from = known ? begins[code] : before;
          int length = known ? lengths[code] : begin - before + 1;
          int end = Math.min(begin + length, bytes.length);
          while (filled < end) {
            bytes[filled++] = bytes[from++];
          }
        }
        if (before >= 0 && next < MOST_CODES) {
          begins[next] = before;
          lengths[next++] = begin - before + 1;
        }
        before = begin;
        // One code early, as everybody does it since the first program that wrote it.
        size = next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9;
      }
    }
    return filled;
  }
}

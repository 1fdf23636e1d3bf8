package io.github.mobilenet4j.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Equal bytes, compressed (RFC 1950 to 1952) in no time whatever their number. */
public final class Deflated {
  private static final int BLOCK = 1 << 20;
  private static final int ADLER = 65521;

  /** The last block, of nothing. */
  private static final byte[] END = {3, 0};

  private Deflated() {}

  /** Returns a zlib stream of equal bytes. */
  public static byte[] zlib(int value, long length) {
    long sum = (1 + length % ADLER * value) % ADLER;
    // Sums of 1 + value · i for i from 1 to the length.
    long even = length % 2 == 0 ? length / 2 : length;
    long odd = length % 2 == 0 ? length + 1 : (length + 1) / 2;
    long sums = (length % ADLER + even % ADLER * (odd % ADLER) % ADLER * value) % ADLER;
    return new FileBytes()
        .big(0x7801, 2)
        .bytes(raw(value, length))
        .bytes(END)
        .big(sums << 16 | sum, 4)
        .toArray();
  }

  /** Returns a gzip file of a head and then equal bytes. */
  static byte[] gzip(byte[] head, int value, long length) {
    CRC32 crc = new CRC32();
    crc.update(head);
    byte[] piece = new byte[BLOCK];
    Arrays.fill(piece, (byte) value);
    for (long left = length; left > 0; left -= BLOCK) {
      crc.update(piece, 0, (int) Math.min(left, BLOCK));
    }
    return new FileBytes()
        .big(0x1f8b0800, 4)
        .big(0, 6)
        .bytes(blocks(head))
        .bytes(raw(value, length))
        .bytes(END)
        .little(crc.getValue(), 4)
        .little(head.length + length, 4)
        .toArray();
  }

  private static byte[] raw(int value, long length) {
    byte[] piece = new byte[BLOCK];
    Arrays.fill(piece, (byte) value);
    byte[] rest = Arrays.copyOf(piece, (int) (length % BLOCK));
    return new FileBytes()
        .repeat((int) (length / BLOCK), blocks(piece))
        .bytes(blocks(rest))
        .toArray();
  }

  /** Returns blocks that end at a byte and know of nothing before them. */
  private static byte[] blocks(byte[] bytes) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(bytes);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    int count;
    do {
      count = deflater.deflate(buffer, 0, buffer.length, Deflater.FULL_FLUSH);
      out.write(buffer, 0, count);
    } while (count == buffer.length);
    deflater.end();
    return out.toByteArray();
  }
}

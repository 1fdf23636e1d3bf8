package io.github.mobilenet4j.data;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An IDX file of unsigned bytes, the format of MNIST (yann.lecun.com/exdb/mnist): {@code 0, 0, 8},
 * the number of dimensions, each as a big-endian int, then the values. It may be compressed by
 * gzip.
 *
 * @param sizes of the dimensions
 * @param values as many as the product of the sizes
 */
@SuppressWarnings("ArrayRecordComponent")
record Idx(int[] sizes, byte[] values) {
  private static final int UNSIGNED_BYTES = 8;

  /** The most that one byte of deflated data can become (RFC 1951: 258 bytes in two bits). */
  private static final int MAX_INFLATION = 1032;

  /**
   * Reads a file.
   *
   * @param name what to call it in messages
   * @param file all of its bytes
   * @param dimensions how many it must have
   * @throws MobileNetException if it is no such file, or shorter or longer than it says
   */
  static Idx read(String name, byte[] file, int dimensions) {
    boolean compressed = file.length > 2 && file[0] == 0x1f && file[1] == (byte) 0x8b;
    // Read in pieces that are then joined: twice the memory.
    long most =
        compressed
            ? Math.min(
                (long) file.length * MAX_INFLATION, ReadLimits.standard().memory(file.length) / 2)
            : file.length;
    try (InputStream plain = new ByteArrayInputStream(file);
        InputStream in = compressed ? new GZIPInputStream(plain) : plain) {
      byte[] magic = in.readNBytes(4);
      if (!Arrays.equals(magic, new byte[] {0, 0, UNSIGNED_BYTES, (byte) dimensions})) {
        throw new MobileNetException(
            "%s: begins with %s, expected an IDX file of bytes in %s dimensions: [0, 0, 8, %s]"
                .formatted(name, Arrays.toString(magic), dimensions, dimensions));
      }
      int[] sizes = new int[dimensions];
      long count = 1;
      for (int i = 0; i < dimensions; i++) {
        byte[] size = in.readNBytes(4);
        if (size.length < 4) {
          throw new EOFException();
        }
        for (byte b : size) {
          sizes[i] = sizes[i] << 8 | b & 0xff;
        }
        // At most 2^62 before this product, which then is negative or above the limit.
        count = sizes[i] < 0 || count > most ? -1 : count * sizes[i];
        if (count < 0 || count > most || count > Integer.MAX_VALUE - 8) {
          throw new MobileNetException(
              "%s: announces %s values, more than its %s bytes may hold"
                  .formatted(name, product(sizes, i + 1), file.length));
        }
      }
      byte[] values = in.readNBytes((int) count);
      if (values.length < count) {
        throw new EOFException();
      }
      if (in.read() >= 0) {
        throw new MobileNetException(
            "%s: goes on after the %s values it announces".formatted(name, count));
      }
      return new Idx(sizes, values);
    } catch (EOFException e) {
      throw new MobileNetException(name + ": cut short", e);
    } catch (ZipException e) {
      throw new MobileNetException(name + ": damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new MobileNetException(name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String product(int[] sizes, int count) {
    return String.join(
        "·", Arrays.stream(sizes).limit(count).mapToObj(Integer::toUnsignedString).toList());
  }
}

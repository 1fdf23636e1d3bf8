package io.github.mobilenet4j.spark;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import org.apache.spark.Partitioner;

/**
 * What tells a labelled image from others wherever it lies: the first 128 bits of the SHA-256 of
 * its bytes. In the order of keys, images are the same list however a data set is partitioned.
 */
record ImageKey(long high, long low, int label) implements Comparable<ImageKey>, Serializable {
  private static final Comparator<ImageKey> ORDER =
      Comparator.<ImageKey, Long>comparing(ImageKey::high, Long::compareUnsigned)
          .thenComparing(ImageKey::low, Long::compareUnsigned)
          .thenComparingInt(ImageKey::label);

  static ImageKey of(byte[] content, int label) {
    try {
      ByteBuffer digest = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(content));
      return new ImageKey(digest.getLong(), digest.getLong(), label);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** Returns which of so many parts of the list the image belongs to; parts are about equal. */
  int part(int parts) {
    return (int) Math.unsignedMultiplyHigh(high, parts);
  }

  @Override
  public int compareTo(ImageKey other) {
    return ORDER.compare(this, other);
  }

  /** Returns what to call the image: its 128 bits in hexadecimal. */
  String name() {
    return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
  }

  /** Gives each worker a part of the list. */
  static final class Parts extends Partitioner {
    private static final long serialVersionUID = 1;
    private final int count;

    Parts(int count) {
      this.count = count;
    }

    @Override
    public int numPartitions() {
      return count;
    }

    @Override
    public int getPartition(Object key) {
      return ((ImageKey) key).part(count);
    }
  }
}

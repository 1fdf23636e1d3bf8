package io.github.mobilenet4j.image;

import java.util.HashMap;
import java.util.Map;

/** The first directory of a TIFF file (TIFF 6.0, section 2): whole numbers by tag. */
final class TiffTags {
  private static final int ENTRY_BYTES = 12;
  private static final int BYTE = 1;
  private static final int SHORT = 3;
  private static final int LONG = 4;

  private final Input in;
  private final boolean little;

  /** The place of each tag's entry. */
  private final Map<Integer, Long> entries = new HashMap<>();

  TiffTags(Input in) {
    this.in = in;
    little = in.has(0, "II");
    long directory = number(4, 4);
    long count = number(directory, 2);
    in.check(directory + 2, count * ENTRY_BYTES);
    for (long i = 0; i < count; i++) {
      long entry = directory + 2 + i * ENTRY_BYTES;
      entries.putIfAbsent((int) number(entry, 2), entry);
    }
  }

  boolean isLittleEndian() {
    return little;
  }

  boolean has(int tag) {
    return entries.containsKey(tag);
  }

  private long number(long at, int count) {
    return little ? in.little(at, count) : in.big(at, count);
  }

  /** Returns the first number of a tag, or another if the tag is not there. */
  long value(int tag, long otherwise) {
    return has(tag) ? value(tag, 0, 1) : otherwise;
  }

  /** Returns how many numbers a tag has. */
  long count(int tag) {
    return has(tag) ? number(entries.get(tag) + 4, 4) : 0;
  }

  /**
   * Returns a number of a tag.
   *
   * @param index which
   * @param atLeast how many there have to be
   */
  long value(int tag, int index, int atLeast) {
    if (count(tag) < atLeast) {
      throw in.bad(
          "damaged TIFF data: tag %s has %s numbers, expected %s"
              .formatted(tag, count(tag), atLeast));
    }
    long entry = entries.get(tag);
    int size =
        switch ((int) number(entry + 2, 2)) {
          case BYTE -> 1;
          case SHORT -> 2;
          case LONG -> 4;
          default -> throw in.bad("damaged TIFF data: tag %s is no whole number".formatted(tag));
        };
    long at = count(tag) * size <= 4 ? entry + 8 : number(entry + 8, 4);
    return number(at + (long) index * size, size);
  }
}

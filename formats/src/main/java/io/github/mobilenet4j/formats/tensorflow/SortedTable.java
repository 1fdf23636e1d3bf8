package io.github.mobilenet4j.formats.tensorflow;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.reading.Room;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A table of LevelDB's format, which the index of a checkpoint is: blocks of keys and values, a
 * block that says where they are, and a footer that says where this is. A key says only where it
 * differs from the key before it.
 */
final class SortedTable {
  private static final int FOOTER = 48;
  private static final long MAGIC = 0xdb4775248b80fb57L;

  /** The compression's code and a checksum follow each block. */
  private static final int TRAILER = 5;

  /** Letters of a key that cost no more than one. */
  private static final int MOST_OF_A_KEY = 256;

  private final ByteBuffer content;
  private final Room room;

  private SortedTable(byte[] content, int entries) {
    this.content = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    room = new Room(16L * entries, "entries");
  }

  /** Returns whether content is meant to be such a table. */
  static boolean isTable(byte[] content) {
    return content.length >= FOOTER
        && ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(content.length - 8)
            == MAGIC;
  }

  /**
   * Returns what a table holds: values, views of the content, by key.
   *
   * @param entries how many there may be
   * @throws MobileNetException without the file's name if it is broken or holds more
   */
  static Map<String, ByteBuffer> read(byte[] content, int entries) {
    if (!isTable(content)) {
      throw new MobileNetException("is no index of a checkpoint, or is cut off");
    }
    return new SortedTable(content, entries).values();
  }

  private Map<String, ByteBuffer> values() {
    ByteBuffer footer = content.slice(content.limit() - FOOTER, FOOTER);
    block(footer);
    Map<String, ByteBuffer> values = new LinkedHashMap<>();
    // The second of the footer's two places: the first is of what describes the table.
    entries(block(footer))
        .values()
        .forEach(place -> values.putAll(entries(block(place.duplicate()))));
    return values;
  }

  /** Returns the block at a place, without its trailer. */
  private ByteBuffer block(ByteBuffer place) {
    long offset = number(place);
    long size = number(place);
    if (offset < 0 || size < 0 || offset > content.limit() - TRAILER - size) {
      throw new MobileNetException(
          "has a block of %s bytes at %s, behind its end".formatted(size, offset));
    }
    ByteBuffer block = content.slice((int) offset, (int) size).order(ByteOrder.LITTLE_ENDIAN);
    if (content.get((int) (offset + size)) != 0) {
      throw new MobileNetException("has a compressed block, which no checkpoint has");
    }
    ByteBuffer checked = content.slice((int) offset, (int) size + 1);
    if (content.getInt((int) (offset + size) + 1) != checksum(checked)) {
      throw damaged();
    }
    return block;
  }

  private Map<String, ByteBuffer> entries(ByteBuffer block) {
    Map<String, ByteBuffer> entries = new LinkedHashMap<>();
    int restarts = block.limit() < Integer.BYTES ? -1 : block.getInt(block.limit() - Integer.BYTES);
    long end = block.limit() - Integer.BYTES * (restarts + 1L);
    if (restarts < 0 || end < 0) {
      throw damaged();
    }
    block.limit((int) end);
    byte[] key = {};
    while (block.hasRemaining()) {
      long shared = number(block);
      long own = number(block);
      long length = number(block);
      if (shared < 0
          || shared > key.length
          || own < 0
          || length < 0
          || own > block.remaining()
          || length > block.remaining() - own) {
        throw damaged();
      }
      room.take(1 + (shared + own) / MOST_OF_A_KEY, "the index");
      key = Arrays.copyOf(key, (int) (shared + own));
      block.get(key, (int) shared, (int) own);
      // Bytes of blocks' last keys need not be text.
      entries.put(
          new String(key, StandardCharsets.ISO_8859_1),
          block.slice(block.position(), (int) length));
      block.position(block.position() + (int) length);
    }
    return entries;
  }

  /** Returns a number of 7 bits a byte, −1 if it is broken. */
  private static long number(ByteBuffer from) {
    long number = 0;
    for (int shift = 0; shift < Integer.SIZE && from.hasRemaining(); shift += 7) {
      byte next = from.get();
      number |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return number;
      }
    }
    return -1;
  }

  /** Returns the checksum as it is stored: turned, since it may stand among what is summed. */
  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  private static MobileNetException damaged() {
    return new MobileNetException("is damaged: a block of it is broken or has another checksum");
  }
}

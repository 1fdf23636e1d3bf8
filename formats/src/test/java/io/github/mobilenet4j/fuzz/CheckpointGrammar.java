package io.github.mobilenet4j.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/** Indexes of TensorFlow's checkpoints: tables of LevelDB's format with right checksums. */
public final class CheckpointGrammar {
  private static final long MAGIC = 0xdb4775248b80fb57L;

  private CheckpointGrammar() {}

  /** Returns an index in which some of these keys, or any others, have any values. */
  public static byte[] index(List<String> keys, Choices choices) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ByteArrayOutputStream places = new ByteArrayOutputStream();
    int entries = 0;
    for (int blocks = 1 + choices.count(50); blocks > 0; blocks--) {
      byte[] place = block(file, entries(keys, choices), choices);
      // A block may be named again and again.
      for (int times = choices.oneIn(4) ? choices.count(5000) : 1; times > 0; times--) {
        entry(places, 0, Integer.toString(entries++).getBytes(StandardCharsets.UTF_8), place);
      }
    }
    restarts(places, choices);
    byte[] described = block(file, new byte[8], choices);
    byte[] index = block(file, places.toByteArray(), choices);
    ByteBuffer footer = ByteBuffer.allocate(40);
    footer.put(described).put(index);
    return new FileBytes()
        .bytes(file.toByteArray())
        .bytes(footer.array())
        .little(MAGIC, 8)
        .toArray();
  }

  private static byte[] entries(List<String> keys, Choices choices) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    int before = 0;
    for (int count = choices.count(choices.oneIn(8) ? 20_000 : 100); count > 0; count--) {
      byte[] key =
          choices.oneIn(8)
              ? choices.data(choices.count(100_000))
              : choices.of(keys).getBytes(StandardCharsets.UTF_8);
      long shared = choices.oneIn(8) ? choices.below(before + 1) : 0;
      shared = choices.oneIn(100) ? choices.number() : shared;
      entry(block, shared, key, value(choices));
      before = Math.clamp(shared + key.length, 0, 1 << 20);
      if (block.size() > 1 << 20) {
        break;
      }
    }
    restarts(block, choices);
    return block.toByteArray();
  }

  /** What a checkpoint says of a tensor, or of itself. */
  private static byte[] value(Choices choices) {
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    for (int fields = choices.count(8); fields > 0; fields--) {
      int field = 1 + choices.below(7);
      boolean shape = field == 2 && !choices.oneIn(8);
      varint(value, 8L * field + (shape ? 2 : field == 6 ? 5 : 0));
      if (shape) {
        ByteArrayOutputStream sizes = new ByteArrayOutputStream();
        for (int axes = choices.count(choices.oneIn(8) ? 1000 : 5); axes > 0; axes--) {
          ByteArrayOutputStream size = new ByteArrayOutputStream();
          varint(size, 8);
          varint(size, choices.oneIn(4) ? choices.number() : choices.below(40));
          varint(sizes, 0x12);
          varint(sizes, size.size());
          sizes.writeBytes(size.toByteArray());
        }
        varint(value, sizes.size());
        value.writeBytes(sizes.toByteArray());
      } else if (field == 6) {
        value.writeBytes(choices.data(4));
      } else {
        varint(value, choices.oneIn(4) ? choices.number() : choices.below(20));
      }
    }
    return value.toByteArray();
  }

  private static void entry(ByteArrayOutputStream to, long shared, byte[] key, byte[] value) {
    varint(to, shared);
    varint(to, key.length);
    varint(to, value.length);
    to.writeBytes(key);
    to.writeBytes(value);
  }

  private static void restarts(ByteArrayOutputStream block, Choices choices) {
    int count = choices.oneIn(20) ? (int) choices.number() : 1;
    block.writeBytes(new FileBytes().little(0, 4).little(count, 4).toArray());
  }

  /** Appends a block and returns its place. */
  private static byte[] block(ByteArrayOutputStream file, byte[] content, Choices choices) {
    ByteArrayOutputStream place = new ByteArrayOutputStream();
    varint(place, choices.oneIn(50) ? choices.number() >>> 32 : file.size());
    varint(place, choices.oneIn(50) ? choices.number() >>> 32 : content.length);
    CRC32C crc = new CRC32C();
    crc.update(content);
    crc.update(0);
    int masked = Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    file.writeBytes(new FileBytes().bytes(content).little(0, 1).little(masked, 4).toArray());
    return place.toByteArray();
  }

  private static void varint(ByteArrayOutputStream to, long number) {
    long left = number;
    while ((left & ~0x7FL) != 0) {
      to.write((int) ((left & 0x7F) | 0x80));
      left >>>= 7;
    }
    to.write((int) left);
  }
}

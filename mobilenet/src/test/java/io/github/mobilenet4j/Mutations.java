package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Feeds a reader with broken variants of good files, the same ones each time: {@code
 * -Dfuzz.count=200000} for more of them, {@code -Dfuzz.first=200000} for others. A reader may
 * accept or throw {@link MobileNetException}; it may not throw anything else, take two seconds of
 * processor time or 256 MB.
 */
public final class Mutations {
  private static final int FIRST = Integer.getInteger("fuzz.first", 0);
  private static final int COUNT = Integer.getInteger("fuzz.count", 2000);
  private static final long MOST_NANOS = 2_000_000_000L;
  private static final long MOST_BYTES = 256L << 20;
  private static final long[] EXTREMES = {
    0,
    1,
    -1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xFFFFFFFFL,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private Mutations() {}

  /** Reads mutated seeds, each as often as the others. */
  public static void fuzz(List<byte[]> seeds, Consumer<byte[]> reader) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int accepted = 0;
    for (int i = FIRST; i < FIRST + COUNT; i++) {
      Random random = new Random(i);
      byte[] bytes = seeds.get(i % seeds.size());
      for (int n = random.nextInt(4); n >= 0; n--) {
        bytes = mutate(bytes, seeds.get(random.nextInt(seeds.size())), random);
      }
      long allocated = threads.getCurrentThreadAllocatedBytes();
      long start = threads.getCurrentThreadCpuTime();
      try {
        reader.accept(bytes);
        accepted++;
      } catch (MobileNetException e) {
        assertThat(e.getMessage()).as("message of mutation %d", i).isNotBlank();
      } catch (RuntimeException | Error e) {
        fail("mutation " + i + " of seed " + i % seeds.size(), e);
      }
      assertThat(threads.getCurrentThreadCpuTime() - start)
          .as("nanoseconds of mutation %d", i)
          .isLessThan(MOST_NANOS);
      assertThat(threads.getCurrentThreadAllocatedBytes() - allocated)
          .as("bytes of mutation %d", i)
          .isLessThan(MOST_BYTES);
    }
    // All refused would mean that the mutations never get past the first check.
    assertThat(accepted).as("accepted of %d", COUNT).isBetween(1, COUNT - 1);
  }

  private static byte[] mutate(byte[] seed, byte[] other, Random random) {
    if (seed.length == 0) {
      return other;
    }
    byte[] bytes = seed.clone();
    int at = place(bytes.length, random);
    switch (random.nextInt(6)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes = Arrays.copyOf(bytes, at);
      case 3 -> {
        bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(16));
        System.arraycopy(seed, at, bytes, bytes.length - seed.length + at, seed.length - at);
      }
      case 4 -> {
        int length = Math.min(random.nextInt(256), Math.min(bytes.length - at, other.length));
        System.arraycopy(other, random.nextInt(other.length - length + 1), bytes, at, length);
      }
      default -> {
        int width = Math.min(1 << random.nextInt(4), bytes.length - at);
        byte[] extreme =
            ByteBuffer.allocate(8)
                .order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN)
                .putLong(EXTREMES[random.nextInt(EXTREMES.length)])
                .array();
        System.arraycopy(extreme, 0, bytes, at, width);
      }
    }
    return bytes;
  }

  /** Returns a place, half of the time near the beginning or the end, where the structure is. */
  private static int place(int length, Random random) {
    int near = Math.min(length, 2048);
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(near);
      case 1 -> length - 1 - random.nextInt(near);
      default -> random.nextInt(length);
    };
  }
}

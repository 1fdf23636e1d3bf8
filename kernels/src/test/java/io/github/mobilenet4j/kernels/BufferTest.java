package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BufferTest {
  /** Two pictures [2, 2, 1]; the rows 1 above, 2 within and 1 below the second. */
  @Test
  void framesRowsWithZeros() {
    float[] images = {1, 2, 3, 4, 5, 6, 7, 8};
    Buffer rows = Buffer.onHeap(17);
    float[] dirt = new float[17];
    Arrays.fill(dirt, 9);
    rows.set(0, dirt, 0, 17);
    rows.setFramedRows(images, 1, 2, 2, 1, -1, 4);
    assertThat(rows.array()).containsExactly(0, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0, 0, 0, 0, 9);
  }

  @Test
  void keepsToItsArrays() {
    Buffer rows = Buffer.onHeap(7);
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> rows.setFramedRows(new float[4], 0, 2, 2, 1, 0, 2));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> rows.setFramedRows(new float[5], 1, 2, 2, 1, 0, 1));
  }

  /** On the heap, and in native memory where there is some. */
  static List<Buffer> memories() {
    List<Buffer> memories = new ArrayList<>(List.of(Buffer.onHeap(8)));
    if (Processor.widestVectorBits() > 0) {
      memories.add(Buffer.in(new NativeMemory(new NativeMemory.Budget()), 8));
    }
    return memories;
  }

  @ParameterizedTest
  @MethodSource("memories")
  void copiesWithinItself(Buffer memory) {
    memory.set(0, new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 0, 8);
    memory.copy(2, 1, 4);
    memory.copy(4, 5, 3);
    float[] found = new float[8];
    memory.get(0, found, 0, 8);
    assertThat(found).containsExactly(1, 3, 4, 5, 6, 6, 6, 7);
    requireBounds(8, at -> memory.copy(at, 0, 2));
    requireBounds(8, at -> memory.copy(0, at, 2));
  }

  @ParameterizedTest
  @MethodSource("memories")
  void holdsInt8(Buffer memory) {
    memory.set(3, new byte[] {9, -128, -1, 127}, 1, 3);
    byte[] found = new byte[5];
    memory.get(2, found, 0, 5);
    assertThat(found).containsExactly(0, -128, -1, 127, 0);
    requireBounds(32, at -> memory.set(at, new byte[2], 0, 2));
    requireBounds(32, at -> memory.get(at, new byte[2], 0, 2));
  }

  @ParameterizedTest
  @MethodSource("memories")
  void holdsInt32(Buffer memory) {
    memory.set(1, new int[] {9, Integer.MIN_VALUE, 1}, 1, 2);
    int[] found = new int[4];
    memory.get(0, found, 0, 4);
    assertThat(found).containsExactly(0, Integer.MIN_VALUE, 1, 0);
    // The bytes are the machine's: the lowest comes first.
    byte[] bytes = new byte[4];
    memory.get(8, bytes, 0, 4);
    assertThat(bytes).containsExactly(1, 0, 0, 0);
    requireBounds(8, at -> memory.set(at, new int[2], 0, 2));
    requireBounds(8, at -> memory.get(at, new int[2], 0, 2));
  }

  /** Bits by IEEE 754 and the definition of bfloat16: the upper half, rounded half to even. */
  @ParameterizedTest
  @MethodSource("memories")
  void holdsBfloat16(Buffer memory) {
    String[][] bits = {
      {"3f800000", "3f80"},
      {"3f807fff", "3f80"},
      {"3f808000", "3f80"},
      {"3f808001", "3f81"},
      {"3f818000", "3f82"},
      {"bf818000", "bf82"},
      {"80000001", "8000"},
      {"7f7fffff", "7f80"},
      {"ff800000", "ff80"},
      {"7f800001", "7fc0"},
    };
    float[] values = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      values[i] = Float.intBitsToFloat(Integer.parseUnsignedInt(bits[i][0], 16));
    }
    memory.setBfloat16(1, values, 0, values.length);
    byte[] bytes = new byte[2 * values.length];
    memory.get(2, bytes, 0, bytes.length);
    float[] found = new float[values.length];
    memory.getBfloat16(1, found, 0, found.length);
    for (int i = 0; i < bits.length; i++) {
      int upper = (bytes[2 * i] & 0xff) | (bytes[2 * i + 1] & 0xff) << 8;
      assertThat(HexFormat.of().toHexDigits((short) upper)).as(bits[i][0]).isEqualTo(bits[i][1]);
      assertThat(Float.floatToRawIntBits(found[i])).as(bits[i][0]).isEqualTo(upper << 16);
    }
    requireBounds(16, at -> memory.setBfloat16(at, new float[2], 0, 2));
    requireBounds(16, at -> memory.getBfloat16(at, new float[2], 0, 2));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> memory.setBfloat16(0, new float[2], 1, 2));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> memory.getBfloat16(0, new float[2], 1, 2));
  }

  /** Demands that two values fit at the end of {@code size} and that none is outside. */
  private static void requireBounds(int size, IntConsumer access) {
    access.accept(size - 2);
    for (int at : new int[] {-1, size - 1, size, Integer.MAX_VALUE}) {
      assertThatExceptionOfType(IndexOutOfBoundsException.class)
          .isThrownBy(() -> access.accept(at));
    }
  }

  @Test
  void everyViewRefusesWhatIsGivenBack() {
    assumeTrue(Processor.widestVectorBits() > 0, "skipped: no native memory here");
    Region region = new Region();
    Buffer memory = Buffer.in(new NativeMemory(new NativeMemory.Budget()).in(region), 8);
    region.close();
    List<ThrowingCallable> views =
        List.of(
            () -> memory.set(0, new byte[1], 0, 1),
            () -> memory.get(0, new byte[1], 0, 1),
            () -> memory.set(0, new int[1], 0, 1),
            () -> memory.get(0, new int[1], 0, 1),
            () -> memory.setBfloat16(0, new float[1], 0, 1),
            () -> memory.getBfloat16(0, new float[1], 0, 1));
    assertThat(views)
        .allSatisfy(
            view -> assertThatExceptionOfType(IllegalStateException.class).isThrownBy(view));
  }
}

package io.github.mobilenet4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FloatsTest {
  /** Two pictures [2, 2, 1]; the rows 1 above, 2 within and 1 below the second. */
  @Test
  void framesRowsWithZeros() {
    float[] images = {1, 2, 3, 4, 5, 6, 7, 8};
    Floats rows = Floats.onHeap(17);
    float[] dirt = new float[17];
    Arrays.fill(dirt, 9);
    rows.set(0, dirt, 0, 17);
    rows.setFramedRows(images, 1, 2, 2, 1, -1, 4);
    assertThat(rows.array()).containsExactly(0, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0, 0, 0, 0, 9);
  }

  @Test
  void keepsToItsArrays() {
    Floats rows = Floats.onHeap(7);
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> rows.setFramedRows(new float[4], 0, 2, 2, 1, 0, 2));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> rows.setFramedRows(new float[5], 1, 2, 2, 1, 0, 1));
  }
}

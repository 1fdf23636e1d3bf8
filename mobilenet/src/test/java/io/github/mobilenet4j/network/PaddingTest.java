package io.github.mobilenet4j.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaddingTest {
  /** TensorFlow documents SAME by the remainder of the size, not by the number of outputs. */
  @Test
  void sameIsTensorFlowsFormula() {
    for (int size = 1; size <= 300; size++) {
      for (int stride = 1; stride <= 2; stride++) {
        int total = Math.max(size % stride == 0 ? 3 - stride : 3 - size % stride, 0);
        assertThat(Padding.SAME.before(size, stride))
            .as("size %s, stride %s", size, stride)
            .isEqualTo(total / 2);
        assertThat(Padding.SAME.after(size, stride)).isEqualTo(total - total / 2);
      }
    }
  }

  /** PyTorch documents ⌊(size + 2·padding − kernel) / stride⌋ + 1 outputs. */
  @Test
  void symmetricIsPyTorchsFormula() {
    for (int size = 1; size <= 300; size++) {
      for (int stride = 1; stride <= 2; stride++) {
        int before = Padding.SYMMETRIC.before(size, stride);
        assertThat(before).isEqualTo(1);
        int reach = size + 2 * before - 3;
        assertThat(Padding.SYMMETRIC.outputs(size, stride)).isEqualTo(reach / stride + 1);
        // What the division leaves over is padding that no window takes.
        assertThat(Padding.SYMMETRIC.after(size, stride)).isEqualTo(1 - reach % stride);
      }
    }
  }

  /** Keras' convolution without padding has ⌊(size + zeros − kernel) / stride⌋ + 1 outputs. */
  @Test
  void asymmetricIsKerasZeroPaddingBeforeStridesOfTwo() {
    for (int size = 2; size <= 300; size++) {
      assertThat(Padding.ASYMMETRIC.before(size, 2)).isZero();
      assertThat(Padding.ASYMMETRIC.after(size, 2)).isEqualTo(1);
      assertThat(Padding.ASYMMETRIC.outputs(size, 2)).isEqualTo((size + 1 - 3) / 2 + 1);
      assertThat(Padding.ASYMMETRIC.isLike(Padding.SAME, size, 1)).isTrue();
      assertThat(Padding.ASYMMETRIC.isLike(Padding.SAME, size, 2)).isEqualTo(size % 2 == 0);
      assertThat(Padding.ASYMMETRIC.isLike(Padding.SYMMETRIC, size, 2)).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "224, 2, 0",
    "112, 2, 0",
    "14, 2, 0",
    "2, 2, 0",
    "97, 2, 1",
    "131, 2, 1",
    "7, 2, 1",
    "1, 2, 1",
    "224, 1, 1",
    "97, 1, 1",
    "1, 1, 1"
  })
  void sameBySize(int size, int stride, int before) {
    assertThat(Padding.SAME.before(size, stride)).isEqualTo(before);
    assertThat(Padding.SYMMETRIC.isLike(Padding.SAME, size, stride)).isEqualTo(before == 1);
  }
}

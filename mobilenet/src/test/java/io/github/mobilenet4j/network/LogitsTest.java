package io.github.mobilenet4j.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogitsTest {
  /** Two images, four classes. */
  private static final float[] LOGITS = {9, -1, 2, 2, 0, 3, 1, 3};

  @Test
  void argmaxIsTheFirstOfTheLargest() {
    assertThat(Logits.argmax(LOGITS, 0, 4)).isZero();
    assertThat(Logits.argmax(LOGITS, 1, 4)).isEqualTo(1);
    assertThat(Logits.argmax(LOGITS, 3, 2)).isEqualTo(1);
  }

  @Test
  void powersAreThoseOfOneImageOverItsLargest() {
    assertThat(Logits.powers(LOGITS, 1, 4))
        .containsExactly(Math.exp(-3), Math.exp(0), Math.exp(-2), Math.exp(0));
  }

  @Test
  void largeLogitsDoNotOverflow() {
    assertThat(Logits.softmax(new float[] {1e4f, 1e4f, -1e4f})).containsExactly(.5f, .5f, 0);
  }

  @Test
  void topIsTheLargestFirstAndOfEqualOnesTheLowerIndex() {
    float[] values = {1, 3, 1, 3, 2};
    assertThat(Logits.top(values, 100)).containsExactly(1, 3, 4, 0, 2);
    assertThat(Logits.top(values, 2)).containsExactly(1, 3);
  }
}

package io.github.mobilenet4j.formats.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Preprocessing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PixelScaleTest {
  private static Preprocessing of(double factor, double summand) {
    PixelScale scale = new PixelScale(3);
    scale.then(PixelScale.constant(factor), PixelScale.constant(summand));
    return scale.preprocessing().orElseThrow();
  }

  /** What becomes of v and v / 255, the usual ways, and what mean and std then are. */
  @ParameterizedTest
  @CsvSource({
    "0.00784313725490196, -1, 0.5, 0.5",
    "0.00392156862745098, 0, 0, 1",
    "0.01712475383, -2.1179039, 0.485, 0.229",
    "1, -123.675, 0.485, 0.0039215686",
    "4.366812227, -2.1179039, 0.485, 0.229",
    "2, -1, 0.5, 0.5",
    "255, 0, , ",
    "0.458, -0.03, , ",
    "0.5, 0.5, , ",
    "127.5, 127.5, , ",
    "-2, 1, , ",
  })
  void whatIsFedIsToldByWhatComesOut(double factor, double summand, Double mean, Double std) {
    if (mean == null) {
      assertThatThrownBy(() -> of(factor, summand))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("expected a scaling of pixels of 0 to 255, or of 0 to 1");
    } else {
      assertThat(of(factor, summand).mean().getFirst()).isCloseTo(mean, within(1e-8));
      assertThat(of(factor, summand).std().getFirst()).isCloseTo(std, within(1e-8));
    }
  }

  @Test
  void nothingSaysNothing() {
    assertThat(new PixelScale(3).preprocessing()).isEmpty();
    PixelScale one = new PixelScale(3);
    one.then(PixelScale.constant(1), PixelScale.constant(0));
    assertThat(one.preprocessing()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 254.6, 0, 0.00392156862745098",
    "0, 1, 0, 1",
    "-1.0, 0.992, 0.5, 0.5",
    "-2.117, 2.58, 0.485, 0.229",
    "0, 0.5, , ",
    "-3, 3, , ",
  })
  void theRangeOfAnInputSaysWhatItIsFed(double least, double most, Double mean, Double std) {
    PixelScale scale = new PixelScale(3);
    scale.range(least, most);
    if (mean == null) {
      assertThat(scale.preprocessing()).isEmpty();
    } else {
      assertThat(scale.preprocessing().orElseThrow().mean().getFirst()).isEqualTo(mean);
      assertThat(scale.preprocessing().orElseThrow().std().getFirst()).isEqualTo(std);
    }
  }

  @Test
  void bytesArePixelsWhateverTheyBecome() {
    PixelScale scale = new PixelScale(3);
    scale.stored(1, 128);
    scale.then(PixelScale.constant(1), PixelScale.constant(0.0));
    assertThat(scale.preprocessing().orElseThrow().mean()).containsOnly(128 / 255.0);
    assertThat(scale.preprocessing().orElseThrow().std()).containsOnly(1 / 255.0);
  }
}

package io.github.mobilenet4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation.Parameter;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "none",
        "light",
        "strong",
        "light,mixup=0.2",
        "strong, hue=0, flip=1",
        "trivial,erasing=0.25"
      })
  void whatItSaysIsReadBack(String text) {
    Augmentation augmentation = Augmentation.of(text);
    assertThat(Augmentation.of(augmentation.toString())).isEqualTo(augmentation);
  }

  @Test
  void parametersChangeByName() {
    Augmentation changed = Augmentation.of("light,rotation=7");
    assertThat(changed.get(Parameter.ROTATION)).isEqualTo(7);
    assertThat(changed.with(Parameter.ROTATION, 0)).isEqualTo(Augmentation.LIGHT);
    assertThat(Augmentation.NONE).hasToString("none");
    assertThat(Augmentation.of("none,erasing=0.25")).hasToString("none,erasing=0.25");
    assertThat(Augmentation.of("light")).hasToString("light");
    assertThat(Augmentation.of("light,trivial=1")).hasToString("trivial");
    assertThat(Augmentation.of("strong,hue=0,mixup=1")).hasToString("strong,hue=0,mixup=1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "heavy | 'heavy' is none of light, none, strong, trivial",
        "light,flip | 'flip' is no setting of light, expected NAME=VALUE",
        "light,flip=x | light.flip is x, expected double",
        "light,flip=2 | augmentation: flip is 2.0, expected 0.0 to 1.0",
        "light,flip=NaN | augmentation: flip is NaN, expected 0.0 to 1.0",
        "none,mixup=0.01 | augmentation: mixup is 0.01, expected 0.05 to 8.0"
      })
  void badOnesAreRefused(String text, String message) {
    assertThatThrownBy(() -> Augmentation.of(text))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(message);
  }

  @Test
  void unknownParametersAreRefused() {
    assertThatThrownBy(() -> Augmentation.of("light,zoom=1"))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("'zoom=1' is no setting of light, which has minScale=, ");
  }

  /** CIFAR's usual recipe: four pixels of padding around 32, cut at one of 81 places. */
  @Test
  void smallPicturesAreMovedWithinTheirPadding() {
    RgbImage image = noise(32, 32);
    Augmenter augmenter = augmenter("none,minScale=0.5,shift=0.125", 32 + 1);
    float[] x = new float[33 * 33 * 3];
    Set<Integer> places = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      augmenter.apply(augmenter.prepare(image), new RandomStream(i), x, 0);
      int whole = IntStream.range(0, x.length).map(k -> Float.floatToIntBits(x[k])).sum();
      places.add(whole);
    }
    assertThat(places).hasSize(81);
  }

  @Test
  void flipMirrorsLeftAndRight() {
    RgbImage image = noise(8, 8);
    Augmenter augmenter = augmenter("none,flip=1", 8);
    float[] x = new float[8 * 8 * 3];
    augmenter.apply(augmenter.prepare(image), new RandomStream(1), x, 0);
    for (int y = 0; y < 8; y++) {
      for (int column = 0; column < 24; column++) {
        int value = image.rgb()[y * 24 + (7 - column / 3) * 3 + column % 3] & 0xff;
        assertThat(x[y * 24 + column]).isCloseTo(value / 255f, within(1e-6f));
      }
    }
  }

  @Test
  void erasingCoversATwentiethToAThirdWithZeros() {
    Augmenter augmenter = augmenter("none,erasing=1", 40);
    float[] x = new float[40 * 40 * 3];
    byte[] white = new byte[40 * 40 * 3];
    Arrays.fill(white, (byte) 255);
    RgbImage image = augmenter.prepare(new RgbImage(40, 40, white));
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
      augmenter.apply(image, new RandomStream(i), x, 0);
      double erased = 0;
      for (float value : x) {
        erased += value == 0 ? 1.0 / x.length : 0;
      }
      assertThat(erased).isBetween(0.015, 0.35);
      sum += erased / 1000;
    }
    assertThat(sum).isCloseTo(0.175, within(0.02));
  }

  @Test
  void largePicturesAreMadeAsSmallAsTheSmallestCropAllows() {
    Augmenter augmenter = augmenter("light", 24);
    RgbImage prepared = augmenter.prepare(noise(300, 400));
    assertThat(prepared.height()).isEqualTo((int) Math.ceil(24 * Math.sqrt(4.0 / 3 / 0.5)));
    assertThat(prepared.width()).isBetween(prepared.height() * 4 / 3 - 1, 54);
    RgbImage small = noise(30, 30);
    assertThat(augmenter.prepare(small)).isSameAs(small);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "light", "strong", "strong,shift=0", "none,minScale=0.0001"})
  void anyProportionsCanBeChanged(String augmentation) {
    Augmenter augmenter = augmenter(augmentation, 16);
    float[] x = new float[16 * 16 * 3];
    for (int[] size : new int[][] {{1, 1}, {1, 5000}, {5000, 1}, {3, 2}, {16, 17}, {90, 30}}) {
      RgbImage prepared = augmenter.prepare(noise(size[0], size[1]));
      for (int i = 0; i < 30; i++) {
        augmenter.apply(prepared, new RandomStream(i), x, 0);
      }
    }
    assertThat(x).doesNotContain(Float.NaN);
  }

  /** One of 14 leaves it as it is, 7 others do in their weakest form, and one stretches what is. */
  @Test
  void trivialChangesMostImages() {
    RgbImage image = noise(32, 32);
    Augmenter augmenter = augmenter("none,trivial=1", 32);
    float[] x = new float[32 * 32 * 3];
    Set<Integer> results = new HashSet<>();
    for (int i = 0; i < 3000; i++) {
      augmenter.apply(augmenter.prepare(image), new RandomStream(i), x, 0);
      results.add(Arrays.hashCode(x));
    }
    assertThat(results).hasSizeBetween(500, 1 + 9 * 60 + 6 + 30 + 2);
    assertThat(image.rgb()).isEqualTo(noise(32, 32).rgb());
  }

  private static Augmenter augmenter(String augmentation, int side) {
    Preprocessing whole =
        new Preprocessing(
            Preprocessing.Crop.RESIZE_THEN_CROP,
            1,
            Preprocessing.UNIT.resampling(),
            Preprocessing.UNIT.mean(),
            Preprocessing.UNIT.std());
    return new Augmenter(Augmentation.of(augmentation), whole, side, side);
  }

  private static RgbImage noise(int height, int width) {
    byte[] rgb = new byte[height * width * 3];
    new Random(7).nextBytes(rgb);
    return new RgbImage(height, width, rgb);
  }
}

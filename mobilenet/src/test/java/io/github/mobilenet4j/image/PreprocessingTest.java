package io.github.mobilenet4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.image.Preprocessing.Crop;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreprocessingTest {
  private final RgbImage source =
      new ImageReader().read("resize.png", TestImages.bytes("resize.png"));

  @ParameterizedTest
  @CsvFileSource(resources = "/pictures/resized.csv", numLinesToSkip = 1)
  void resizes(Resampling method, int height, int width, int at) {
    assertThat(TestImages.difference(method.resize(source, height, width), height, width, at))
        .isEqualTo(TestImages.EQUAL);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/pictures/fitted.csv", numLinesToSkip = 1)
  void fits(Crop crop, Resampling method, int height, int width, int at) {
    RgbImage fitted = preprocessing(crop, 0.875, method).fit(source, height, width);
    assertThat(TestImages.difference(fitted, height, width, at)).isEqualTo(TestImages.EQUAL);
  }

  @ParameterizedTest
  @EnumSource(Resampling.class)
  void squashIsAPlainResize(Resampling method) {
    assertThat(preprocessing(Crop.SQUASH, 0.5, method).fit(source, 20, 30).rgb())
        .isEqualTo(method.resize(source, 20, 30).rgb());
  }

  /** The inputs that TensorFlow Lite's goldens were made from, by Pillow from the photographs. */
  @ParameterizedTest
  @CsvSource({
    "vww_96, 96",
    "mobilenet_v1_0.25_128_quant, 128",
    "mobilenet_v1_0.5_160_quant, 160",
    "mobilenet_v1_0.75_192_quant, 192"
  })
  void goldenInputsAreMetBitForBit(String model, int side) {
    Safetensors golden =
        Safetensors.read(SharedFiles.require("oracle/tflite/" + model + ".safetensors"));
    ImageReader reader = new ImageReader(100_000_000, false);
    Preprocessing preprocessing = preprocessing(Crop.RESIZE_THEN_CROP, 0.875, Resampling.BILINEAR);
    List<String> photos =
        Pattern.compile("[^\"\\[\\], ]+")
            .matcher(golden.metadata().get("photos"))
            .results()
            .map(MatchResult::group)
            .toList();
    assertThat(photos).hasSize(8);
    for (int i = 0; i < photos.size(); i++) {
      Tensor input = golden.tensors().get("input." + i);
      byte[] expected = new byte[side * side * 3];
      input.data().get(expected);
      RgbImage photo = reader.read(SharedFiles.require("data/photos/" + photos.get(i)));
      assertThat(preprocessing.fit(photo, side, side).rgb()).isEqualTo(expected);
    }
  }

  @Test
  void valuesAreScaled() {
    RgbImage image = new RgbImage(1, 2, new byte[] {0, 51, -1, 127, -128, 1});
    float[] x = new float[8];

    Preprocessing.IMAGENET.apply(image, 1, 2, x, 1);

    double[] mean = {0.485, 0.456, 0.406};
    double[] std = {0.229, 0.224, 0.225};
    RgbImage fitted = Preprocessing.IMAGENET.fit(image, 1, 2);
    for (int i = 0; i < 6; i++) {
      double v = (fitted.rgb()[i] & 0xff) / 255.0;
      assertThat((double) x[1 + i]).isCloseTo((v - mean[i % 3]) / std[i % 3], within(1e-6));
    }
    assertThat(x[0]).isZero();
    assertThat(x[7]).isZero();
  }

  @ParameterizedTest
  @EnumSource(Crop.class)
  void anyProportionsAreFitted(Crop crop) {
    for (Resampling method : Resampling.values()) {
      for (double fraction : new double[] {1e-6, 0.1, 1}) {
        for (int[] size : new int[][] {{1, 1}, {2, 1}, {1, 30_000}, {30_000, 1}, {2, 3}}) {
          RgbImage image = new RgbImage(size[0], size[1], new byte[size[0] * size[1] * 3]);
          RgbImage fitted = preprocessing(crop, fraction, method).fit(image, 33, 35);
          assertThat(fitted.height()).isEqualTo(33);
          assertThat(fitted.width()).isEqualTo(35);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0})
  void badSizesAreRefused(int side) {
    for (Crop crop : Crop.values()) {
      Preprocessing preprocessing = preprocessing(crop, 1, Resampling.BILINEAR);
      assertThatThrownBy(() -> preprocessing.fit(source, side, 5))
          .isInstanceOf(MobileNetException.class);
      assertThatThrownBy(() -> preprocessing.apply(source, 5, side, new float[75], 0))
          .isInstanceOf(MobileNetException.class);
    }
    assertThatThrownBy(() -> Preprocessing.UNIT.apply(source, 5, 5, new float[75], 1))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("x has 75 floats, expected 75 from 1 on");
    Preprocessing endless =
        preprocessing(Crop.RESIZE_THEN_CROP, Double.MIN_VALUE, Resampling.BILINEAR);
    assertThatThrownBy(() -> endless.fit(source, 5, 5)).isInstanceOf(MobileNetException.class);
    assertThat(
            preprocessing(Crop.CROP_THEN_RESIZE, Double.MIN_VALUE, Resampling.BILINEAR)
                .fit(source, 5, 5)
                .width())
        .isEqualTo(5);
    assertThatThrownBy(() -> Resampling.BICUBIC.resize(source, 1 << 16, 1 << 16))
        .isInstanceOf(MobileNetException.class);
  }

  private static Preprocessing preprocessing(Crop crop, double fraction, Resampling method) {
    return new Preprocessing(
        crop, fraction, method, List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));
  }

  @ParameterizedTest
  @EnumSource
  void noSizeIsTooLargeForAnErrorOfOurs(Preprocessing.Crop crop) {
    RgbImage image = new RgbImage(2, 2, new byte[12]);
    Preprocessing preprocessing =
        new Preprocessing(
            crop, 0.875, Resampling.BILINEAR, List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));
    for (int[] size : new int[][] {{40_000, 40_000}, {1, Integer.MAX_VALUE}, {0, 1}}) {
      assertThatThrownBy(() -> preprocessing.fit(image, size[0], size[1]))
          .isInstanceOf(MobileNetException.class)
          .hasMessageStartingWith("an image cannot be resized to ");
    }
  }

  /** The values are those of Pillow 12.3's {@code convert("L")}; so are all 2^24 colours. */
  @Test
  void greyIsPillows() {
    byte[] rgb =
        HexFormat.of()
            .parseHex("010000000100000001ff000000ff000000ff123456c81a7fffffff010203fe01fd");
    byte[] grey = new RgbImage(1, rgb.length / 3, rgb).grey().rgb();
    int[] expected = {0, 1, 0, 76, 150, 29, 46, 90, 255, 2, 105};
    for (int i = 0; i < grey.length; i++) {
      assertThat(grey[i] & 0xff).isEqualTo(expected[i / 3]);
    }
  }

  /** Grey comes before resizing, as Pillow users have it: {@code open().convert("L").resize()}. */
  @Test
  void oneChannelIsGreyBeforeItIsResized() {
    byte[] rgb = new byte[3 * 50 * 40];
    new Random(1).nextBytes(rgb);
    RgbImage image = new RgbImage(50, 40, rgb);
    Preprocessing grey = Preprocessing.TENSORFLOW.forChannels(1);
    float[] one = new float[32 * 32];
    grey.apply(image, 32, 32, one, 0);
    float[] three = new float[3 * 32 * 32];
    Preprocessing.TENSORFLOW.apply(image.grey(), 32, 32, three, 0);
    float[] fitted = new float[32 * 32];
    grey.scale(grey.fit(image, 32, 32), fitted, 0);
    for (int i = 0; i < one.length; i++) {
      assertThat(one[i]).isEqualTo(three[3 * i]);
    }
    assertThat(fitted).isEqualTo(one);
    assertThat(Preprocessing.IMAGENET.forChannels(1).mean()).containsExactly(0.449);
  }
}

package io.github.mobilenet4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.image.RgbImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The steps of augmentation against Pillow, and their chances against numpy's. */
class StepsTest {
  private static final int DRAWS = 20_000;

  private final RgbImage source =
      new ImageReader().read("resize.png", bytes("pictures/resize.png"));

  private enum Change {
    BRIGHTNESS,
    CONTRAST,
    SATURATION,
    HUE
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/colours.csv", numLinesToSkip = 1)
  void coloursArePillows(Change change, double factor, String crc) {
    byte[] rgb = source.rgb().clone();
    switch (change) {
      case BRIGHTNESS -> Colours.brightness(rgb, factor);
      case CONTRAST -> Colours.contrast(rgb, factor);
      case SATURATION -> Colours.saturation(rgb, factor);
      case HUE -> Colours.hue(rgb, factor);
    }
    assertThat(crc(rgb)).isEqualTo(crc);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/sharpness.csv", numLinesToSkip = 1)
  void sharpnessIsPillows(double factor, String crc) {
    assertThat(crc(Filters.sharpness(source, factor).rgb())).isEqualTo(crc);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/blur.csv", numLinesToSkip = 1, maxCharsPerColumn = 100_000)
  void blursAsTorchvision(double sigma, String pixels) {
    assertThat(distance(Filters.blur(source, sigma), pixels))
        .as("a half that was rounded otherwise")
        .isLessThan(pixels.split(" ").length / 500 + 1);
  }

  /** Returns by how much some pixels differ in all, none by more than one. */
  private int distance(RgbImage image, String pixels) {
    int[] expected = Arrays.stream(pixels.split(" ")).mapToInt(Integer::parseInt).toArray();
    int at = 0;
    int sum = 0;
    for (int y = 0; y < source.height(); y += 9) {
      for (int x = 0; x < source.width(); x += 7) {
        for (int c = 0; c < 3; c++) {
          int distance = (image.rgb()[(y * source.width() + x) * 3 + c] & 0xff) - expected[at++];
          assertThat(distance).isBetween(-1, 1);
          sum += Math.abs(distance);
        }
      }
    }
    assertThat(at).isEqualTo(expected.length);
    return sum;
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/trivial.csv", numLinesToSkip = 1)
  void trivialOperationsAreTorchvisions(
      TrivialAugment operation, int number, double magnitude, String pixels) {
    byte[] before = source.rgb().clone();
    // Torch's are float32.
    assertThat(operation.magnitude(number)).isCloseTo(Math.abs(magnitude), within(2e-5));
    RgbImage changed = operation.apply(source, magnitude, new byte[] {10, 20, 30});
    if (operation == TrivialAugment.ROTATE) {
      assertThat(distance(changed, pixels)).isLessThan(2);
    } else {
      assertThat(crc(changed.rgb())).isEqualTo(pixels);
    }
    assertThat(source.rgb()).isEqualTo(before);
  }

  /** As a small image that was enlarged, and none at all where it keeps its size. */
  @Test
  void detailIsLostByRescaling() {
    assertThat(Filters.rescaled(source, 1, Resampling.BILINEAR).rgb()).isEqualTo(source.rgb());
    RgbImage small = Resampling.BILINEAR.resize(source, 20, 26);
    assertThat(Filters.rescaled(source, 0.5, Resampling.BILINEAR).rgb())
        .isEqualTo(Resampling.BILINEAR.resize(small, source.height(), source.width()).rgb());
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/affine.csv", numLinesToSkip = 1)
  void turnsAndMovesAsPillow(
      double degrees,
      int right,
      int down,
      double a,
      double b,
      double c,
      double d,
      double e,
      double f,
      String crc) {
    Affine made = Affine.of(source.height(), source.width(), degrees, right, down);
    assertThat(new double[] {made.a(), made.b(), made.c(), made.d(), made.e(), made.f()})
        .containsExactly(new double[] {a, b, c, d, e, f}, within(1e-12));

    byte[] fill = {10, 20, 30};
    assertThat(crc(new Affine(a, b, c, d, e, f).apply(source, fill).rgb())).isEqualTo(crc);
  }

  /** Kolmogorov's and Smirnov's distance: 1.63 / √n is passed by chance once in a hundred. */
  @ParameterizedTest
  @MethodSource("quantiles")
  void chancesAreTorchvisions(String name, double[] quantiles) {
    RandomStream random = new RandomStream(name.hashCode());
    double[] drawn = new double[DRAWS];
    Arrays.setAll(drawn, _ -> draw(name, random));
    double most = 1.63 / Math.sqrt(DRAWS);
    for (int i = 0; i < quantiles.length; i++) {
      double expected = (i + 1) / 100.0;
      // Printed with six digits; and a value that is drawn often is many quantiles at once.
      double margin = 1e-5 * Math.abs(quantiles[i]);
      double low = quantiles[i] - margin;
      double high = quantiles[i] + margin;
      assertThat(Arrays.stream(drawn).filter(v -> v < low).count() / (double) DRAWS)
          .isLessThan(expected + most);
      assertThat(Arrays.stream(drawn).filter(v -> v <= high).count() / (double) DRAWS)
          .isGreaterThan(expected - most);
    }
  }

  private static Stream<Arguments> quantiles() {
    return new String(bytes("golden/quantiles.csv"), StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.split(",", 2))
        .map(parts ->
            Arguments.of(
                parts[0],
                Arrays.stream(parts[1].split(",")).mapToDouble(Double::parseDouble).toArray()));
  }

  private static double draw(String name, RandomStream random) {
    String[] parts = name.split("-");
    if (parts[0].equals("beta")) {
      return random.beta(Double.parseDouble(parts[1]));
    }
    int rows = Integer.parseInt(parts[1].split("x")[0]);
    int columns = Integer.parseInt(parts[1].split("x")[1]);
    double ratio = Double.parseDouble(parts[3]);
    Box box =
        Box.random(rows, columns, Double.parseDouble(parts[2]), 1, ratio, random)
            .orElseGet(() -> Box.middle(rows, columns, ratio));
    return switch (parts[4]) {
      case "area" -> (double) box.height() * box.width() / (rows * columns);
      case "ratio" -> Math.log((double) box.width() / box.height());
      case "top" -> (box.top() + 0.5) / (rows - box.height() + 1);
      default -> (box.left() + 0.5) / (columns - box.width() + 1);
    };
  }

  @Test
  void streamsDependOnEveryPartOfTheirKey() {
    assertThat(
            Stream.of(
                    new RandomStream(),
                    new RandomStream(0),
                    new RandomStream(0, 0),
                    new RandomStream(1, 0),
                    new RandomStream(0, 1),
                    new RandomStream(0, 1, 2),
                    new RandomStream(0, 2, 1))
                .map(stream -> stream.uniform(0, 1)))
        .doesNotHaveDuplicates();
    assertThat(new RandomStream(3, 4).uniform(0, 1))
        .isEqualTo(new RandomStream(3, 4).uniform(0, 1));
  }

  @Test
  void mixupIsTheWeightedMeanWithThePictureBefore() {
    float[] x = {1, 1, 1, 2, 2, 2, 4, 4, 4};
    float[] targets = {1, 0, 0, 1, 0, 1};

    new Mix.Mixup(0.75f).apply(3, 1, 3, x, 3, targets);

    assertThat(x).containsExactly(1.75f, 1.75f, 1.75f, 1.75f, 1.75f, 1.75f, 3.5f, 3.5f, 3.5f);
    assertThat(targets).containsExactly(0.75f, 0.25f, 0.25f, 0.75f, 0, 1);
  }

  @Test
  void cutmixLaysARectangleOfThePictureBeforeOverEach() {
    float[] x = new float[2 * 4 * 3];
    Arrays.fill(x, 12, 24, 1);
    float[] targets = {1, 0, 0, 1};

    new Mix.CutMix(new Box(1, 0, 1, 1)).apply(2, 2, 3, x, 12, targets);

    assertThat(x).startsWith(0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0);
    assertThat(x).endsWith(1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1);
    assertThat(targets).containsExactly(0.75f, 0.25f, 0.25f, 0.75f);
  }

  @Test
  void rectanglesOfCutmixAreWithinThePicture() {
    for (int i = 0; i < 1000; i++) {
      Mix mix = Mix.random(Augmentation.of("none,cutmix=1"), 7, 5, new RandomStream(i));
      Box box = ((Mix.CutMix) mix).box();
      assertThat(box.top()).isBetween(0, 7 - box.height());
      assertThat(box.left()).isBetween(0, 5 - box.width());
      assertThat(box.height()).isNotNegative();
      assertThat(box.width()).isNotNegative();
    }
  }

  private static String crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return "%08x".formatted(crc.getValue());
  }

  private static byte[] bytes(String resource) {
    try (InputStream in = StepsTest.class.getResourceAsStream("/" + resource)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

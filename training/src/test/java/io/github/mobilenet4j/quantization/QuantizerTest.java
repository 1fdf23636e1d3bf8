package io.github.mobilenet4j.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizerTest {
  private static final List<RgbImage> IMAGES =
      IntStream.range(0, 12).mapToObj(QuantizerTest::image).toList();

  /** Blotches of 8 × 8 and a little noise. */
  private static RgbImage image(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] rgb = new byte[3 * 64 * 64];
    int[] colours = random.ints(3 * 8 * 8, 0, 240).toArray();
    for (int i = 0; i < rgb.length; i++) {
      int at = i / 3;
      int blotch = at / 64 / 8 * 8 + at % 64 / 8;
      rgb[i] = (byte) (colours[3 * blotch + i % 3] + random.nextInt(16));
    }
    return new RgbImage(64, 64, rgb);
  }

  private static MobileNetV1.Builder network() {
    return MobileNetV1.builder().widthMultiplier(0.25).resolution(64).classes(5);
  }

  private static Model model(MobileNetV1 network, Preprocessing preprocessing) {
    return model(network, RandomWeights.of(network, 3), preprocessing);
  }

  private static Model model(MobileNetV1 network, Weights weights, Preprocessing preprocessing) {
    return new Model(
        network,
        weights,
        preprocessing,
        Labels.numbered(network.classes()),
        Map.of("origin", "here"));
  }

  private static double logits(QuantizationResult result) {
    return result.layers().getLast().signalToNoise();
  }

  @ParameterizedTest
  @EnumSource
  void integersComputeWhatFloatsDo(Activation activation) {
    MobileNetV1 network = network().activation(activation).build();
    for (Calibration calibration : Calibration.values()) {
      QuantizationResult result =
          new Quantizer()
              .calibration(calibration)
              .quantize(model(network, Preprocessing.TENSORFLOW), IMAGES);
      assertThat(result.images()).isEqualTo(12);
      assertThat(result.layers()).extracting(LayerLoss::layer).isEqualTo(network.layers());
      // 8 bits of a range that is used evenly are 48 dB, and each layer adds noise.
      assertThat(result.layers()).allMatch(layer -> layer.signalToNoise() > 15);
      assertThat(result.layers().getFirst().signalToNoise()).isBetween(30.0, 60.0);
      assertThat(result.model().metadata())
          .containsEntry("origin", "here")
          .containsKey(Quantizer.QUANTIZATION);
    }
  }

  static List<MobileNetV1> heads() {
    return List.of(
        network().classes(0).build(),
        network().hidden(7).build(),
        network().classifierActivation(ClassifierActivation.SIGMOID).build(),
        network().classes(2).classifierActivation(ClassifierActivation.BINARY).build(),
        network().channels(1).stemStride(1).build());
  }

  @ParameterizedTest
  @MethodSource("heads")
  void everyHeadIsQuantized(MobileNetV1 network) {
    QuantizationResult result =
        new Quantizer()
            .equalize(true)
            .quantize(model(network, Preprocessing.UNIT.forChannels(network.channels())), IMAGES);
    assertThat(result.layers()).allMatch(layer -> layer.signalToNoise() > 15);
  }

  @ParameterizedTest
  @ValueSource(strings = {"IMAGENET", "TENSORFLOW", "UNIT"})
  void pixelsGoInAsTheyAre(String name) {
    Preprocessing before =
        switch (name) {
          case "IMAGENET" -> Preprocessing.IMAGENET;
          case "TENSORFLOW" -> Preprocessing.TENSORFLOW;
          default -> Preprocessing.UNIT;
        };
    PixelInput input = PixelInput.of(before);
    byte[] rgb = new byte[3 * 256];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i / 3);
    }
    float[] x = new float[rgb.length];
    input.preprocessing().scale(new RgbImage(16, 16, rgb), x, 0);
    for (int i = 0; i < x.length; i++) {
      int stored = i / 3 - 128;
      assertThat(input.quantization().quantized(x[i], DataType.I8)).isEqualTo(stored);
      assertThat(x[i]).isCloseTo(input.quantization().real(stored), within(1e-6f));
    }
    assertThat(input.preprocessing().equals(before)).isEqualTo(name.equals("UNIT"));
  }

  /** Where no window reaches beyond the image. */
  @Test
  void theStemMakesUpForAnotherPreprocessing() {
    MobileNetV1 network = network().build();
    Weights.Folded weights = RandomWeights.of(network, 3).folded(network);
    PixelInput input = PixelInput.of(Preprocessing.IMAGENET);
    Map<String, float[]> values = new HashMap<>(weights.values());
    String kernel = Parameter.name(network.stem(), Role.KERNEL);
    String bias = Parameter.name(network.stem(), Role.BIAS);
    values.replaceAll((_, array) -> array.clone());
    input.adapt(Preprocessing.IMAGENET, network.stem(), values.get(kernel), values.get(bias));
    float[] expected = stem(network, weights, Preprocessing.IMAGENET);
    float[] found = stem(network, new Weights.Folded(values), input.preprocessing());
    int side = network.stem().out().height();
    int channels = network.stem().out().channels();
    for (int i = 0; i < expected.length; i++) {
      int row = i / channels / side;
      int column = i / channels % side;
      if (row > 0 && column > 0 && row < side - 1 && column < side - 1) {
        assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
      }
    }
  }

  private static float[] stem(MobileNetV1 network, Weights weights, Preprocessing preprocessing) {
    float[] x = new float[(int) network.input().size()];
    preprocessing.apply(IMAGES.getFirst(), network.height(), network.width(), x, 0);
    float[] y = new float[(int) network.stem().out().size()];
    try (Session session = Session.of(network, weights, 1, 1)) {
      session.run(x, 1, Map.of(network.stem(), y));
    }
    return y;
  }

  /** Channels that differ a thousandfold, and still the same network. */
  private static Weights.Folded uneven(MobileNetV1 network) {
    Map<String, float[]> values = new HashMap<>();
    RandomWeights.of(network, 3)
        .folded(network)
        .values()
        .forEach((name, array) -> values.put(name, array.clone()));
    for (MobileNetV1.Block block : network.blocks()) {
      float[] depthwise = values.get(Parameter.name(block.depthwise(), Role.KERNEL));
      float[] bias = values.get(Parameter.name(block.depthwise(), Role.BIAS));
      float[] pointwise = values.get(Parameter.name(block.pointwise(), Role.KERNEL));
      int channels = bias.length;
      int outputs = block.pointwise().out().channels();
      for (int c = 0; c < channels; c++) {
        float factor = (float) Math.pow(2, c % 11 - 5);
        bias[c] *= factor;
        for (int i = c; i < depthwise.length; i += channels) {
          depthwise[i] *= factor;
        }
        for (int k = 0; k < outputs; k++) {
          pointwise[c * outputs + k] /= factor;
        }
      }
    }
    return new Weights.Folded(values);
  }

  @Test
  void equalizationMakesOneScaleSuitAllChannels() {
    MobileNetV1 network = network().activation(Activation.RELU).build();
    Model model = model(network, uneven(network), Preprocessing.UNIT);
    Quantizer perTensor = new Quantizer().granularity(Granularity.PER_TENSOR);
    double without = logits(perTensor.quantize(model, IMAGES));
    double with = logits(perTensor.equalize(true).quantize(model, IMAGES));
    assertThat(with).isGreaterThan(without + 10);
  }

  @ParameterizedTest
  @EnumSource
  void equalizationChangesNothingThatTheImagesShow(Activation activation) {
    MobileNetV1 network = network().activation(activation).build();
    Weights.Folded weights = uneven(network);
    Observation observation = new Observation(network, IMAGES, 1);
    Observation.Side before = new Observation.Side(weights, Preprocessing.UNIT);
    Map<Layer, float[]> largest = new HashMap<>();
    Map<String, Float> reached = new HashMap<>();
    observation
        .extremes(before)
        .forEach((layer, of) -> {
          largest.put(layer, of.largest().clone());
          reached.put(layer.name(), (float) of.range().high());
        });
    Map<String, float[]> values = new HashMap<>();
    weights.values().forEach((name, array) -> values.put(name, array.clone()));
    new Equalization(network, values).apply(largest);
    Observation.Side after = new Observation.Side(new Weights.Folded(values), Preprocessing.UNIT);
    assertThat(values.get("block3.depthwise.kernel"))
        .isNotEqualTo(weights.values().get("block3.depthwise.kernel"));
    assertThat(observation.signalToNoise(before, after).get(network.layers().getLast()))
        .isGreaterThan(90);
    observation
        .extremes(after)
        .forEach((layer, of) ->
            assertThat(of.range().high())
                .isLessThanOrEqualTo(reached.get(layer.name()) * (1 + 1e-4)));
  }

  @Test
  void correctedBiasesKeepTheMeans() {
    MobileNetV1 network = network().activation(Activation.RELU).build();
    Model model = model(network, uneven(network), Preprocessing.UNIT);
    Quantizer perTensor = new Quantizer().granularity(Granularity.PER_TENSOR);
    double without = logits(perTensor.quantize(model, IMAGES));
    assertThat(logits(perTensor.biasCorrection(true).quantize(model, IMAGES)))
        .isGreaterThan(without);
  }

  @Test
  void resultDoesNotDependOnTheNumberOfThreads() {
    MobileNetV1 network = network().build();
    Model model = model(network, Preprocessing.TENSORFLOW);
    Quantizer quantizer =
        new Quantizer().calibration(Calibration.MSE).equalize(true).biasCorrection(true);
    QuantizationResult one = quantizer.quantize(model, IMAGES);
    for (int threads : new int[] {2, 3, 8}) {
      QuantizationResult other = quantizer.threads(threads).quantize(model, IMAGES);
      assertThat(other.layers()).isEqualTo(one.layers());
      for (Layer layer : network.layers()) {
        QuantizedLayer expected = ((Weights.Quantized) one.model().weights()).layer(layer);
        QuantizedLayer found = ((Weights.Quantized) other.model().weights()).layer(layer);
        if (expected != null) {
          assertThat(found.kernel()).isEqualTo(expected.kernel());
          assertThat(found.bias()).isEqualTo(expected.bias());
          assertThat(found.scales()).isEqualTo(expected.scales());
        }
      }
    }
  }

  @Test
  void modelThatWasGivenStaysAsItIs() {
    MobileNetV1 network = network().build();
    Weights.Folded weights = RandomWeights.of(network, 3).folded(network);
    Map<String, float[]> copies = new HashMap<>();
    weights.values().forEach((name, array) -> copies.put(name, array.clone()));
    new Quantizer()
        .equalize(true)
        .quantize(model(network, weights, Preprocessing.IMAGENET), IMAGES);
    copies.forEach((name, copy) -> assertThat(weights.values().get(name)).isEqualTo(copy));
  }

  @Test
  void refusesWhatCannotBeQuantized() {
    Model model = model(network().build(), Preprocessing.UNIT);
    Quantizer quantizer = new Quantizer();
    assertThatThrownBy(() -> quantizer.quantize(model, List.of()))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("there is no image to calibrate on");
    Model integers = quantizer.quantize(model, IMAGES).model();
    assertThatThrownBy(() -> quantizer.quantize(integers, IMAGES))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("integers already");
  }
}

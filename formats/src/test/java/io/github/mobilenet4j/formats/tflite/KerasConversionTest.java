package io.github.mobilenet4j.formats.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What src/test/python/tflite.py wrote: models of Keras as TensorFlow 2.21 converts them. */
class KerasConversionTest {
  private static final Map<String, Tensor> EXPECTED =
      Safetensors.read(Fixtures.path("tflite", "expected.safetensors")).tensors();

  private static Model read(String name) {
    return Models.read(Fixtures.path("tflite", name + ".tflite"));
  }

  @ParameterizedTest
  @CsvSource({
    "top_f32, true, 1e-5",
    "top_f16, true, 1e-5",
    "top_int8, true, 0.05",
    "rescaling_f32, false, 1e-4",
    "pixels_f32, false, 1e-4",
    "normalization_f32, false, 1e-4",
    "fractions_f32, false, 1e-4",
    "uint8_f32, false, 1e-4",
    "any_f32, false, 1e-4",
    "grey_int8, true, 0.05",
    "hidden_f32, true, 1e-5",
    "stem1_f32, false, 1e-4"
  })
  void imagesGiveTensorFlowsOutputs(String name, boolean probabilities, double tolerance) {
    Tensor images = EXPECTED.get("x");
    Model model = read(name).withInput(images.shape().get(1), images.shape().get(2));
    MobileNetV1 network = model.network();
    float[] pixels = images.floats();
    float[] expected = EXPECTED.get(name + ".y").floats();
    int channels = network.channels();
    for (int n = 0; n < 2; n++) {
      double[] x = new double[pixels.length / 2 / 3 * channels];
      for (int i = 0; i < x.length; i++) {
        int c = i % channels;
        x[i] =
            (pixels[(n * x.length + i - c) / channels * 3 + c] / 255.0
                    - model.preprocessing().mean().get(c))
                / model.preprocessing().std().get(c);
      }
      double[] y = ReferenceForward.logits(network, model.weights(), x);
      int outputs = y.length;
      if (probabilities) {
        y =
            network.head().activation() == ClassifierActivation.BINARY
                ? new double[] {1 / (1 + Math.exp(-y[0]))}
                : ReferenceForward.softmax(y);
      }
      for (int k = 0; k < outputs; k++) {
        assertThat(y[k]).as("%s %s", n, k).isCloseTo(expected[n * outputs + k], within(tolerance));
      }
    }
  }

  @Test
  void variantsAreOfTheNetwork() {
    assertThat(read("grey_int8").network().input()).hasToString("64×32×1");
    assertThat(read("stem1_f32").network().stemStride()).isOne();
    assertThat(read("hidden_f32").network().head().hidden()).isEqualTo(6);
    assertThat(read("hidden_f32").network().classes()).isEqualTo(2);
  }

  /** What rounding to 8 bits between the layers does is not imitated, so weights are compared. */
  @Test
  void int8StandsForTheFloatModel() {
    Model floats = read("rescaling_f32");
    Model bytes = read("rescaling_int8");
    assertThat(bytes.network()).isEqualTo(floats.network());
    for (Parameter p : floats.network().foldedParameters()) {
      float[] expected = floats.weights().get(p);
      float[] found = bytes.weights().get(p);
      double most =
          IntStream.range(0, expected.length)
              .mapToDouble(i -> Math.abs(expected[i]))
              .max()
              .orElseThrow();
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) found[i]).as(p.name()).isCloseTo(expected[i], within(most / 250));
      }
    }
    for (List<Double> half : List.of(bytes.preprocessing().mean(), bytes.preprocessing().std())) {
      assertThat(half).allSatisfy(value -> assertThat(value).isCloseTo(0.5, within(1e-3)));
    }
  }

  @Test
  void scalingInFrontIsThePreprocessing() {
    for (String name : new String[] {"normalization_f32", "fractions_f32"}) {
      assertThat(read(name).preprocessing().mean()).containsExactly(0.485, 0.456, 0.406);
      assertThat(read(name).preprocessing().std()).containsExactly(0.229, 0.224, 0.225);
      assertThat(read(name).metadata()).doesNotContainKey(Model.PREPROCESSING);
    }
    assertThat(read("uint8_f32").preprocessing().mean()).containsOnly(0.5);
    assertThat(read("pixels_f32").preprocessing().std()).containsOnly(1 / 255.0);
    assertThat(read("pixels_f32").metadata().get(Model.PREPROCESSING)).contains("stem's kernel");
  }

  @Test
  void anySizeIsTheUsualOne() {
    assertThat(read("any_f32").network().input()).hasToString("224×224×3");
  }

  @Test
  void activationsOf16BitsAreRefusedByName() {
    assertThatThrownBy(() -> read("int16"))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("operator 0 (QUANTIZE) computes in int16, expected float or int8");
  }

  @Test
  void outputsDependOnTheImages() {
    EXPECTED.forEach((name, y) -> {
      int half = y.size() / 2;
      assertThat(Arrays.copyOf(y.floats(), half))
          .as(name)
          .isNotEqualTo(Arrays.copyOfRange(y.floats(), half, 2 * half));
    });
  }
}

package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks that differ from the paper's in input, stem or head. */
class VariantsTest {
  private static final int BATCH = 3;

  @TempDir private Path folder;

  private static MobileNetV1.Builder small() {
    return MobileNetV1.builder().widthMultiplier(0.25).input(33, 40).classes(5);
  }

  static Stream<MobileNetV1> networks() {
    return Stream.of(
        small().channels(1).build(),
        small().stemStride(1).build(),
        small().stemStride(1).channels(1).padding(Padding.SYMMETRIC).build(),
        small().classes(0).build(),
        small().hidden(19).build(),
        small().hidden(256).classifierActivation(ClassifierActivation.SIGMOID).build(),
        small().classes(2).classifierActivation(ClassifierActivation.BINARY).build(),
        small().classes(2).hidden(3).classifierActivation(ClassifierActivation.BINARY).build());
  }

  private static Model model(MobileNetV1 network) {
    return new Model(
        network,
        RandomWeights.of(network, 1),
        Preprocessing.TENSORFLOW.forChannels(network.channels()),
        Labels.numbered(network.classes()),
        Map.of());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void eachLayerIsThatOfPlainLoops(MobileNetV1 network) {
    Weights weights = RandomWeights.of(network, 1);
    int size = (int) network.input().size();
    float[] x = new float[BATCH * size];
    Random random = new Random(2);
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat(-1, 1);
    }
    Map<Layer, float[]> outputs = new LinkedHashMap<>();
    network
        .layers()
        .forEach(layer -> outputs.put(layer, new float[BATCH * (int) layer.out().size()]));
    float[] last = new float[BATCH * network.outputs()];
    try (Session session = Session.of(network, weights, BATCH, 2)) {
      session.run(x, BATCH, outputs);
      session.run(x, BATCH, last);
    }
    assertThat(last).isEqualTo(outputs.get(network.layers().getLast()));
    for (int image = 0; image < BATCH; image++) {
      double[] one = new double[size];
      for (int i = 0; i < size; i++) {
        one[i] = x[image * size + i];
      }
      Map<String, double[]> expected = ReferenceForward.run(network, weights, one);
      for (Layer layer : network.layers()) {
        double[] values = expected.get(layer.name());
        double unit = 1e-3;
        for (double v : values) {
          unit = Math.max(unit, Math.abs(v));
        }
        float[] found = outputs.get(layer);
        for (int i = 0; i < values.length; i++) {
          assertThat((double) found[image * values.length + i])
              .as("%s %s", layer.name(), i)
              .isCloseTo(values[i], within(2e-6 * unit));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theModelFileHoldsIt(MobileNetV1 network) {
    Model model = model(network);
    Path file = folder.resolve("model.safetensors");
    ModelFile.write(file, model);
    Model read = ModelFile.read(file);
    assertThat(read.network()).isEqualTo(network);
    assertThat(read.preprocessing()).isEqualTo(model.preprocessing());
    assertThat(read.weights().values().keySet()).isEqualTo(model.weights().values().keySet());
    Model folded =
        new Model(
            network,
            model.weights().folded(network),
            model.preprocessing(),
            model.labels(),
            Map.of());
    ModelFile.write(file, folded);
    assertThat(ModelFile.read(file).weights().values().keySet())
        .isEqualTo(folded.weights().values().keySet());
  }

  @Test
  void binaryProbabilitiesAreThoseOfOneLogit() {
    Model model =
        model(small().classes(2).classifierActivation(ClassifierActivation.BINARY).build());
    RgbImage image = new RgbImage(1, 1, new byte[] {1, 2, 3});
    try (Classifier classifier = Classifier.of(model)) {
      float[] logits = classifier.logits(image);
      assertThat(logits).hasSize(1);
      float second = (float) (1 / (1 + Math.exp(-logits[0])));
      assertThat(classifier.probabilities(image)).containsExactly(1 - second, second);
      assertThat(classifier.classify(image, 2))
          .extracting(Prediction::index)
          .isEqualTo(logits[0] > 0 ? List.of(1, 0) : List.of(0, 1));
    }
  }

  @Test
  void withoutClassifierThereAreEmbeddings() {
    Model model = model(small().classes(0).build());
    RgbImage image = new RgbImage(1, 1, new byte[] {1, 2, 3});
    try (Classifier classifier = Classifier.of(model)) {
      assertThat(classifier.embedding(image)).hasSize(256);
      assertThatThrownBy(() -> classifier.classify(image, 1))
          .isInstanceOf(MobileNetException.class)
          .hasMessage("the network has no classifier, it ends with 256 pooled features");
      assertThatThrownBy(() -> classifier.logits(image)).hasMessageContaining("no classifier");
    }
  }
}

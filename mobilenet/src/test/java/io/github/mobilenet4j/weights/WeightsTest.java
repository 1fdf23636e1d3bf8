package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightsTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.1).resolution(32).classes(3).build();
  private static final Weights.Trained TRAINED = RandomWeights.of(NETWORK, 1);

  /** Returns folded weights of all magnitudes. */
  private static Weights.Folded folded(MobileNetV1 network) {
    Random random = new Random(1);
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : network.foldedParameters()) {
      float[] v = new float[(int) p.size()];
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) (random.nextGaussian() * Math.exp(random.nextGaussian() * 8));
      }
      values.put(p.name(), v);
    }
    return new Weights.Folded(values);
  }

  private static void assertSame(MobileNetV1 network, Weights found, Weights expected) {
    assertThat(found).isInstanceOf(expected.getClass());
    assertThat(found.values()).hasSameSizeAs(expected.values());
    for (Parameter p : expected.parameters(network)) {
      assertThat(found.get(p)).as(p.name()).isEqualTo(expected.get(p));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 1e-5, 0, 0.01})
  void theBatchNormOfFoldedWeightsChangesNoBit(double epsilon) {
    MobileNetV1 network = NETWORK.toBuilder().widthMultiplier(0.5).epsilon(epsilon).build();
    Weights.Folded folded = folded(network);
    Weights.Trained begun = folded.withBatchNorm(network);
    assertThat(begun.addsBiasesOnly(network)).isTrue();
    assertSame(network, begun.folded(network), folded);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 1e-5})
  void anotherEpsilonOfSuchABatchNormChangesNoBitEither(double epsilon) {
    double other = 1.01e-3 - epsilon;
    MobileNetV1 network = NETWORK.toBuilder().epsilon(epsilon).build();
    MobileNetV1 moved = NETWORK.toBuilder().epsilon(other).build();
    Weights.Folded folded = folded(network);
    Weights.Trained direct = folded.withBatchNorm(network, other);
    assertSame(network, direct, folded.withBatchNorm(moved));
    assertSame(network, direct.folded(moved), folded);
  }

  @Test
  void foldsInDoublePrecision() {
    Weights.Folded folded = TRAINED.folded(NETWORK);
    folded.requireFor(NETWORK);
    for (Layer layer : NETWORK.layers()) {
      if (layer instanceof Layer.Convolution) {
        int k = layer.out().channels() - 1;
        double scale =
            TRAINED.get(layer, Role.GAMMA)[k]
                / Math.sqrt(TRAINED.get(layer, Role.VARIANCE)[k] + NETWORK.epsilon());
        double bias = TRAINED.get(layer, Role.BETA)[k] - TRAINED.get(layer, Role.MEAN)[k] * scale;
        assertThat(folded.get(layer, Role.KERNEL)[k])
            .isEqualTo((float) (TRAINED.get(layer, Role.KERNEL)[k] * scale));
        assertThat(folded.get(layer, Role.BIAS)[k]).isEqualTo((float) bias);
        assertThat(folded.get(layer, Role.GAMMA)).isNull();
      }
    }
    assertSame(NETWORK, folded.folded(NETWORK), folded);
    assertThat(TRAINED.addsBiasesOnly(NETWORK)).isFalse();
    assertSame(NETWORK, TRAINED.withBatchNorm(NETWORK), TRAINED);
  }

  @Test
  void eitherKindGivesTheSameLogits() {
    float[] x = new float[32 * 32 * 3];
    Arrays.setAll(new Float[x.length], i -> x[i] = (float) Math.sin(i));
    float[] trained = new float[3];
    float[] folded = new float[3];
    try (Session session = Session.of(NETWORK, TRAINED, 1, 1)) {
      session.run(x, 1, trained);
    }
    try (Session session = Session.of(NETWORK, TRAINED.folded(NETWORK), 1, 1)) {
      session.run(x, 1, folded);
    }
    assertThat(folded).isEqualTo(trained);
  }

  @Test
  void anotherEpsilonIsMadeUpForInTheVariances() {
    Weights.Trained moved = TRAINED.withBatchNorm(NETWORK, 1e-5);
    Weights.Folded folded = moved.folded(NETWORK.toBuilder().epsilon(1e-5).build());
    Weights.Folded expected = TRAINED.folded(NETWORK);
    for (Parameter p : NETWORK.foldedParameters()) {
      assertThat(folded.get(p)).as(p.name()).containsExactly(expected.get(p), within(1e-5f));
    }
  }

  @Test
  void theKindIsThatOfTheValues() {
    assertSame(NETWORK, Weights.of("file", NETWORK, TRAINED.values()), TRAINED);
    Weights.Folded folded = TRAINED.folded(NETWORK);
    assertSame(NETWORK, Weights.of("file", NETWORK, folded.values()), folded);
    // One BatchNorm of them all was folded before.
    Map<String, float[]> mixed = new HashMap<>(TRAINED.values());
    String layer = NETWORK.blocks().getFirst().pointwise().name();
    mixed.keySet().removeIf(name -> name.startsWith(layer));
    for (String role : new String[] {".kernel", ".bias"}) {
      mixed.put(layer + role, folded.values().get(layer + role));
    }
    assertSame(NETWORK, Weights.of("file", NETWORK, mixed), folded);
  }

  @Test
  void theDepthwiseHalfOfTheHeadMayBeAbsent() {
    MobileNetV1 headed = NETWORK.toBuilder().backbone(MobileNetV1.Backbone.HEADED).build();
    Layer.Depthwise last = headed.blocks().getLast().depthwise();
    for (Weights whole :
        new Weights[] {RandomWeights.of(headed, 1), RandomWeights.of(headed, 1).folded(headed)}) {
      Map<String, float[]> values = new HashMap<>(whole.values());
      values.keySet().removeIf(name -> name.startsWith(last.name()));
      Weights read = Weights.of("file", headed, values);
      assertThat(read).isInstanceOf(whole.getClass());
      read.requireFor(headed);
      assertThat(read.folded(headed).isIdentity(last)).isTrue();
      assertThat(whole.folded(headed).isIdentity(last)).isFalse();
    }
  }

  @Test
  void namesWhatIsMissingOrMisshapen() {
    Map<String, float[]> values = new HashMap<>(TRAINED.folded(NETWORK).values());
    values.remove("block3.depthwise.kernel");
    values.put("stem.bias", new float[1]);
    values.put("other", new float[1]);
    assertThatThrownBy(() -> Weights.of("some.onnx", NETWORK, values))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            "some.onnx: stem.bias has shape [1], expected [8]; missing block3.depthwise.kernel"
                + " [3, 3, 12]; unexpected other");
    assertThatThrownBy(() -> new Weights.Folded(values).requireFor(NETWORK))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("weights of another network: stem.bias has shape [1]");
    assertThatThrownBy(() -> new Weights.Folded(TRAINED.values()).requireFor(NETWORK))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("missing stem.bias [8]");
  }

  @Test
  void refusesToRunWhatIsNotFinite() {
    Map<String, float[]> values = new HashMap<>(TRAINED.folded(NETWORK).values());
    values.put("stem.bias", new float[] {0, 0, 0, Float.NaN, 0, 0, 0, 0});
    Weights.Folded folded = new Weights.Folded(values);
    assertThatThrownBy(() -> Session.of(NETWORK, folded, 1, 1))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("stem has the value NaN, expected finite numbers");
  }
}

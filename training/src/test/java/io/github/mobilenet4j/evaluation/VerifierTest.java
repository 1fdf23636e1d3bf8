package io.github.mobilenet4j.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.evaluation.Verification.Agreement;
import io.github.mobilenet4j.evaluation.Verification.LayerOutputs;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.ClassSelection;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class VerifierTest {
  private static final double TOLERANCE = 1e-4;
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(64).classes(5).build();
  private static final List<String> NAMES = List.of("cat", "dog", "cow", "hen", "pig");
  private static final Model MODEL =
      new Model(
          NETWORK,
          RandomWeights.of(NETWORK, 3),
          Preprocessing.TENSORFLOW,
          new Labels(NAMES),
          Map.of());
  private static final List<RgbImage> PICTURES =
      List.of(image(1, 70, 90), image(2, 64, 64), image(3, 33, 40));

  private static RgbImage image(long seed, int height, int width) {
    byte[] rgb = new byte[3 * height * width];
    new SplittableRandom(seed).nextBytes(rgb);
    return new RgbImage(height, width, rgb);
  }

  private static Verification verify(Model first, Model second) {
    try (Verifier verifier = new Verifier(first, second)) {
      for (int i = 0; i < PICTURES.size(); i++) {
        verifier.add("picture " + i, PICTURES.get(i));
      }
      return verifier.verification();
    }
  }

  private static Model with(MobileNetV1 network, Map<String, float[]> changed) {
    Map<String, float[]> values = new HashMap<>(changed);
    NETWORK.parameters().forEach(p -> values.putIfAbsent(p.name(), MODEL.weights().get(p)));
    Weights weights = new Weights.Trained(values);
    return new Model(network, weights, MODEL.preprocessing(), MODEL.labels(), Map.of());
  }

  private static Model with(MobileNetV1 network) {
    return with(network, Map.of());
  }

  private static Model with(UnaryOperator<List<String>> labels) {
    return MODEL.withLabels(new Labels(labels.apply(NAMES)));
  }

  private static String firstLayer(Verification verification) {
    return verification.firstDifference(TOLERANCE).map(l -> l.first().name()).orElse("none");
  }

  @Test
  void aModelAgreesWithItselfToTheLastBit() {
    Verification verification = verify(MODEL, MODEL);
    assertThat(verification.images()).isEqualTo(3);
    assertThat(verification.classes()).isEqualTo(5);
    assertThat(verification.agree(0)).isTrue();
    assertThat(verification.firstDifference(0)).isEmpty();
    assertThat(verification.agreements())
        .singleElement()
        .returns(3, Agreement::sameTop1)
        .returns("picture 0", Agreement::farthest)
        .returns(false, Agreement::sameInput)
        .returns(false, Agreement::classesByOrder);
    assertThat(verification.layers())
        .extracting(LayerOutputs::first)
        .containsExactlyElementsOf(NETWORK.layers());
  }

  @Test
  void foldedBatchNormIsNoDifference() {
    Model folded =
        new Model(
            NETWORK,
            MODEL.weights().folded(NETWORK),
            MODEL.preprocessing(),
            MODEL.labels(),
            Map.of());
    Verification verification = verify(MODEL, folded);
    assertThat(verification.agree(TOLERANCE)).isTrue();
    assertThat(verification.firstDifference(TOLERANCE)).isEmpty();
  }

  /** They are compared in their order, having no names. */
  @Test
  void outputsForOthersAreCompared() {
    Model some = ClassSelection.of(MODEL, List.of(0, 1), List.of(2, 3, 4));
    assertThat(verify(some, some).agree(0)).isTrue();
    for (List<Integer> others : List.of(List.of(2, 4, 3), List.of(2, 3))) {
      Verification verification = verify(some, ClassSelection.of(MODEL, List.of(0, 1), others));
      assertThat(verification.agree(TOLERANCE)).isFalse();
      assertThat(firstLayer(verification)).isEqualTo("classifier");
    }
  }

  static List<Parameter> parameters() {
    return NETWORK.parameters();
  }

  @ParameterizedTest
  @MethodSource("parameters")
  void namesTheLayerThatIsDamaged(Parameter damaged) {
    float[] values = MODEL.weights().get(damaged).clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] * 1.01f + 0.01f;
    }
    Verification verification = verify(MODEL, with(NETWORK, Map.of(damaged.name(), values)));
    assertThat(firstLayer(verification)).isEqualTo(damaged.layer().name());
    int at = NETWORK.layers().indexOf(damaged.layer());
    assertThat(verification.layers().subList(0, at))
        .allMatch(layer -> layer.difference().largest() == 0);
  }

  @Test
  void theLargestDifferenceIsThatOfTheClassifiersLogits() {
    Model other = with(NETWORK.toBuilder().padding(Padding.SYMMETRIC).build());
    double largest = 0;
    double magnitude = 0;
    int same = 0;
    try (Classifier ours = Classifier.of(MODEL, 1);
        Classifier theirs = Classifier.of(other, 1)) {
      for (RgbImage image : PICTURES) {
        float[] a = ours.logits(image);
        float[] b = theirs.logits(image);
        for (int i = 0; i < a.length; i++) {
          largest = Math.max(largest, Math.abs(a[i] - b[i]));
          magnitude = Math.max(magnitude, Math.max(Math.abs(a[i]), Math.abs(b[i])));
        }
        if (ours.classify(image, 1).getFirst().index()
            == theirs.classify(image, 1).getFirst().index()) {
          same++;
        }
      }
    }
    Verification verification = verify(MODEL, other);
    Agreement agreements = verification.agreements().getFirst();
    assertThat(agreements.logits().largest()).isCloseTo(largest, within(1e-6));
    assertThat(agreements.logits().magnitude()).isEqualTo(magnitude);
    assertThat(agreements.logits().relative()).isCloseTo(largest / magnitude, within(1e-6));
    assertThat(agreements.sameTop1()).isEqualTo(same);
    assertThat(verification.agree(TOLERANCE)).isFalse();
    assertThat(firstLayer(verification)).isEqualTo("stem");
  }

  @Test
  void anotherActivationShowsWhereItBinds() {
    Parameter gamma = new Parameter(NETWORK.blocks().get(3).depthwise(), Role.GAMMA, List.of());
    float[] large = MODEL.weights().get(gamma).clone();
    Arrays.fill(large, 9);
    Map<String, float[]> changed = Map.of(gamma.name(), large);
    Verification verification =
        verify(
            with(NETWORK, changed),
            with(NETWORK.toBuilder().activation(Activation.RELU).build(), changed));
    assertThat(firstLayer(verification)).isEqualTo("block4.depthwise");
    LayerOutputs first = verification.firstDifference(0).orElseThrow();
    for (LayerOutputs layer : verification.layers()) {
      if (layer.equals(first)) {
        assertThat(layer.difference().magnitude()).isGreaterThan(6);
        break;
      }
      assertThat(layer.difference().magnitude()).isLessThanOrEqualTo(6);
    }
  }

  @Test
  void anotherPreprocessingIsNotTheNetworks() {
    Verification verification =
        verify(MODEL, MODEL.withPreprocessing(Preprocessing.IMAGENET).withInput(96, 80));
    assertThat(verification.agree(TOLERANCE)).isFalse();
    assertThat(verification.agreements())
        .extracting(Agreement::sameInput, a -> a.logits().within(0))
        .containsExactly(tuple(false, false), tuple(true, true));
    assertThat(verification.firstDifference(0)).isEmpty();
  }

  @Test
  void swappedLabelsAreNotTheNetworks() {
    Model swapped = with(names -> List.of("dog", "cat", "cow", "hen", "pig"));
    Verification verification = verify(MODEL, swapped);
    assertThat(verification.agree(TOLERANCE)).isFalse();
    assertThat(verification.agreements()).hasSize(2);
    assertThat(verification.agreements().get(1).classesByOrder()).isTrue();
    assertThat(verification.agreements().get(1).logits().largest()).isZero();
    assertThat(verification.firstDifference(0)).isEmpty();
  }

  @Test
  void classesInAnotherOrderAgreeByName() {
    Layer.Classifier classifier = NETWORK.classifier();
    float[] kernel = MODEL.weights().get(classifier, Role.KERNEL);
    float[] bias = MODEL.weights().get(classifier, Role.BIAS);
    float[] reversed = new float[kernel.length];
    for (int i = 0; i < kernel.length; i++) {
      reversed[i] = kernel[i / 5 * 5 + 4 - i % 5];
    }
    float[] reversedBias = {bias[4], bias[3], bias[2], bias[1], bias[0]};
    Model other =
        with(
                NETWORK,
                Map.of(
                    Parameter.name(classifier, Role.KERNEL), reversed,
                    Parameter.name(classifier, Role.BIAS), reversedBias))
            .withLabels(new Labels(NAMES.reversed()));
    Verification verification = verify(MODEL, other);
    assertThat(verification.agree(0)).isTrue();
    assertThat(verification.agreements().getFirst().sameTop1()).isEqualTo(3);
    assertThat(verification.agreements().get(1).logits().within(TOLERANCE)).isFalse();
    assertThat(verification.firstDifference(0)).isEmpty();
  }

  /** Returns the model with one class more in front. */
  private static Model withBackground() {
    MobileNetV1 network = NETWORK.toBuilder().classes(6).build();
    Layer.Classifier classifier = NETWORK.classifier();
    float[] kernel = MODEL.weights().get(classifier, Role.KERNEL);
    float[] bias = MODEL.weights().get(classifier, Role.BIAS);
    float[] more = new float[kernel.length / 5 * 6];
    for (int i = 0; i < more.length; i++) {
      more[i] = i % 6 == 0 ? 0.01f : kernel[i / 6 * 5 + i % 6 - 1];
    }
    float[] moreBias = new float[6];
    moreBias[0] = -100;
    System.arraycopy(bias, 0, moreBias, 1, 5);
    Map<String, float[]> values = new HashMap<>();
    NETWORK.parameters().forEach(p -> values.put(p.name(), MODEL.weights().get(p)));
    values.put(Parameter.name(classifier, Role.KERNEL), more);
    values.put(Parameter.name(classifier, Role.BIAS), moreBias);
    return new Model(
        network,
        new Weights.Trained(values),
        MODEL.preprocessing(),
        new Labels(List.of("background", "cat", "dog", "cow", "hen", "pig")),
        Map.of());
  }

  @Test
  void aBackgroundClassIsLeftOut() {
    for (Verification verification :
        List.of(verify(MODEL, withBackground()), verify(withBackground(), MODEL))) {
      assertThat(verification.classes()).isEqualTo(5);
      assertThat(verification.agree(TOLERANCE)).isTrue();
      assertThat(verification.agreements()).singleElement().returns(3, Agreement::sameTop1);
      assertThat(verification.firstDifference(TOLERANCE)).isEmpty();
    }
  }

  @Test
  void modelsWithoutACommonClassDiffer() {
    Model other = with(names -> Collections.nCopies(5, "fish"));
    assertThat(verify(MODEL, other).agree(0)).as("paired by place").isTrue();
    MobileNetV1 network = NETWORK.toBuilder().classes(2).build();
    Model two =
        new Model(
            network,
            RandomWeights.of(network, 3),
            MODEL.preprocessing(),
            new Labels(List.of("house", "boat")),
            Map.of());
    Verification verification = verify(MODEL, two);
    assertThat(verification.classes()).isZero();
    assertThat(verification.agree(1e9)).isFalse();
    assertThat(verification.agreements().getFirst().sameTop1()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"HEADED", "SHALLOW"})
  void theFirstLayerOfAnotherShapeEndsTheComparison(MobileNetV1.Backbone backbone) {
    MobileNetV1 network = NETWORK.toBuilder().backbone(backbone).build();
    Model other =
        new Model(
            network, RandomWeights.of(network, 3), MODEL.preprocessing(), MODEL.labels(), Map.of());
    Verification verification = verify(MODEL, other);
    LayerOutputs last = verification.layers().getLast();
    assertThat(last.comparable()).isFalse();
    assertThat(last.difference().relative()).isInfinite();
    assertThat(last.first().name())
        .isEqualTo(backbone == MobileNetV1.Backbone.HEADED ? "pool" : "block7.depthwise");
  }

  @Test
  void anotherWidthDiffersFromTheStemOn() {
    MobileNetV1 network = NETWORK.toBuilder().widthMultiplier(0.5).build();
    Model other =
        new Model(
            network, RandomWeights.of(network, 3), MODEL.preprocessing(), MODEL.labels(), Map.of());
    Verification verification = verify(MODEL, other);
    assertThat(verification.layers()).singleElement().returns(false, LayerOutputs::comparable);
    assertThat(firstLayer(verification)).isEqualTo("stem");
  }

  @Test
  void whatIsNotFiniteIsAnErrorThatNamesTheLayer() {
    float[] large = new float[NETWORK.features()];
    Arrays.fill(large, 3e38f);
    MobileNetV1 unbounded = NETWORK.toBuilder().activation(Activation.RELU).build();
    Model broken = with(unbounded, Map.of("block13.pointwise.beta", large));
    for (Model first : List.of(MODEL, broken)) {
      assertThatThrownBy(() -> verify(first, broken))
          .isInstanceOf(MobileNetException.class)
          .hasMessageStartingWith("pool gives Infinity for ");
    }
  }

  @Test
  void refusesWeightsThatAreNotFinite() {
    Parameter bias = NETWORK.parameters().getLast();
    float[] values = MODEL.weights().get(bias).clone();
    values[2] = Float.NaN;
    Model broken = with(NETWORK, Map.of(bias.name(), values));
    assertThatThrownBy(() -> verify(MODEL, broken))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("classifier has the value NaN, expected finite numbers");
  }

  @Test
  void needsAPicture() {
    try (Verifier verifier = new Verifier(MODEL, MODEL)) {
      assertThatThrownBy(verifier::verification)
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("no picture");
    }
  }
}

package io.github.mobilenet4j.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1.Backbone;
import io.github.mobilenet4j.network.MobileNetV1.Builder;
import java.util.HashSet;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MobileNetV1Test {
  @ParameterizedTest
  @EnumSource
  void eachLayerStartsWhereTheLastOneEnds(Backbone backbone) {
    MobileNetV1 network =
        MobileNetV1.builder().input(97, 131).backbone(backbone).classes(7).build();
    Shape at = network.input();
    for (Layer layer : network.layers()) {
      assertThat(layer.in()).as(layer.name()).isEqualTo(at);
      at = layer.out();
    }
    assertThat(at).isEqualTo(new Shape(1, 1, 7));
  }

  @Test
  void namesAreUnique() {
    List<String> names =
        MobileNetV1.builder().build().parameters().stream().map(Parameter::name).toList();
    assertThat(new HashSet<>(names)).hasSameSizeAs(names);
    assertThat(names).startsWith("stem.kernel", "stem.gamma").endsWith("classifier.bias");
    assertThat(names).contains("block3.depthwise.variance", "block13.pointwise.kernel");
  }

  @Test
  void kernelLayouts() {
    MobileNetV1 network = MobileNetV1.builder().classes(10).build();
    assertThat(network.stem().parameters().getFirst().shape()).containsExactly(3, 3, 3, 32);
    MobileNetV1.Block last = network.blocks().getLast();
    assertThat(last.depthwise().parameters().getFirst().shape()).containsExactly(3, 3, 1024);
    assertThat(last.pointwise().parameters().getFirst().shape()).containsExactly(1024, 1024);
    assertThat(network.classifier().parameters().getFirst().shape()).containsExactly(1024, 10);
    assertThat(network.classifier().parameters().getLast().shape()).containsExactly(10);
  }

  @Test
  void blocks() {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.5).build();
    assertThat(network.blocks()).hasSize(13);
    assertThat(network.blocks().stream().map(MobileNetV1.Block::number))
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    assertThat(network.blocks().getFirst().standard())
        .isEqualTo(
            new Layer.Standard(
                "block1.standard", 1, 1, new Shape(112, 112, 16), new Shape(112, 112, 32)));
    assertThat(network.features()).isEqualTo(512);
    assertThat(network.toBuilder().backbone(Backbone.SHALLOW).build().blocks()).hasSize(8);
    assertThat(network.toBuilder().backbone(Backbone.STANDARD).build().blocks()).isEmpty();
  }

  @Test
  void toBuilderKeepsEveryValue() {
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(0.3)
            .rounding(WidthRounding.NEAREST_8)
            .input(33, 47)
            .channels(1)
            .stemStride(1)
            .classes(3)
            .hidden(5)
            .classifierActivation(ClassifierActivation.SIGMOID)
            .activation(Activation.RELU)
            .padding(Padding.SYMMETRIC)
            .epsilon(1e-5)
            .dropout(0.1)
            .backbone(Backbone.SHALLOW)
            .build();
    assertThat(network.toBuilder().build()).isEqualTo(network);
  }

  @ParameterizedTest
  @MethodSource
  void refuses(String message, UnaryOperator<Builder> change) {
    Builder builder = change.apply(MobileNetV1.builder());
    assertThatThrownBy(builder::build)
        .isExactlyInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(message);
  }

  static Stream<Arguments> refuses() {
    return Stream.of(
        refusal("width multiplier is 0.0, expected > 0", b -> b.widthMultiplier(0)),
        refusal("width multiplier is NaN", b -> b.widthMultiplier(Double.NaN)),
        refusal("width multiplier is Infinity", b -> b.widthMultiplier(1.0 / 0)),
        refusal("input height is 31, expected >= 32", b -> b.input(31, 224)),
        refusal("input width is 31, expected >= 32", b -> b.input(224, 31)),
        refusal("number of input channels is 2, expected 1 (grey) or 3", b -> b.channels(2)),
        refusal("stride of the stem is 3, expected 1 or 2", b -> b.stemStride(3)),
        refusal("number of classes is -1, expected >= 0", b -> b.classes(-1)),
        refusal("number of classes under SOFTMAX is 1, expected >= 2", b -> b.classes(1)),
        refusal(
            "number of classes under BINARY is 3, expected 2",
            b -> b.classes(3).classifierActivation(ClassifierActivation.BINARY)),
        refusal("hidden layer is -1 units before 1000 classes", b -> b.hidden(-1)),
        refusal("hidden layer is 7 units before 0 classes", b -> b.classes(0).hidden(7)),
        refusal("classifier activation is null", b -> b.classifierActivation(null)),
        refusal("BatchNorm epsilon is -1.0", b -> b.epsilon(-1)),
        refusal("BatchNorm epsilon is NaN", b -> b.epsilon(Double.NaN)),
        refusal("dropout is 1.0, expected in [0, 1)", b -> b.dropout(1)),
        refusal("dropout is NaN", b -> b.dropout(Double.NaN)),
        refusal("rounding is null", b -> b.rounding(null)),
        refusal("activation is null", b -> b.activation(null)),
        refusal("padding is null", b -> b.padding(null)),
        refusal("backbone is null", b -> b.backbone(null)),
        refusal("network is about", b -> b.widthMultiplier(1e9)),
        refusal("network is about", b -> b.widthMultiplier(1e300)),
        refusal("network is about", b -> b.classes(Integer.MAX_VALUE)),
        refusal("network is about", b -> b.hidden(Integer.MAX_VALUE)),
        refusal("network is about", b -> b.resolution(Integer.MAX_VALUE)));
  }

  private static Arguments refusal(String message, UnaryOperator<Builder> change) {
    return Arguments.of(message, change);
  }

  @Test
  void oneBlockMoreIsTimmsHeadBehindAnIdentity() {
    MobileNetV1 headed = MobileNetV1.builder().backbone(Backbone.HEADED).build();
    Layer.Depthwise identity = headed.blocks().getLast().depthwise();

    assertThat(headed.blocks()).hasSize(14);
    // timm's table says 5.28 million for mobilenetv1_100h.
    assertThat(headed.trainableParameters() - identity.trainableParameters()).isEqualTo(5_282_600);
  }
}

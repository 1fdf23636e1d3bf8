package io.github.mobilenet4j.formats.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The ways in which converters write the same network. */
public class TfliteGraphTest {
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.008).input(33, 64).classes(3).build();

  /** Multiples of 1/64 below 2, which every type holds exactly. */
  private static Weights.Folded weights() {
    Random random = new Random(1);
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : NETWORK.foldedParameters()) {
      float[] v = new float[(int) p.size()];
      for (int i = 0; i < v.length; i++) {
        v[i] = (random.nextInt(256) - 128) / 64f;
      }
      values.put(p.name(), v);
    }
    return new Weights.Folded(values);
  }

  /** Returns files of several types. */
  public static List<byte[]> files() {
    byte[] quantised =
        file(file -> {
          file.type = DataType.I8;
          file.dense = true;
          file.explicitPads = true;
        });
    return List.of(
        file(_ -> {}),
        file(file -> file.type = DataType.F16),
        file(file -> file.type = DataType.U8),
        TinyTflite.withArchive(quantised, "labels.txt", "a\nb\nc"));
  }

  private static byte[] file(Consumer<TinyTflite> settings) {
    TinyTflite file = new TinyTflite(NETWORK, weights());
    settings.accept(file);
    return file.build();
  }

  private static Model read(Consumer<TinyTflite> settings) {
    return TfliteFormat.read("tiny.tflite", file(settings), ReadLimits.standard());
  }

  private static void assertSame(Model model) {
    assertSame(model, Weights.Folded.class);
  }

  private static void assertSame(Model model, Class<? extends Weights> kind) {
    assertThat(model.network().toBuilder().padding(NETWORK.padding()).build())
        .isEqualTo(NETWORK.toBuilder().activation(model.network().activation()).build());
    Weights expected = weights();
    assertThat(model.weights()).isInstanceOf(kind);
    for (Parameter p : NETWORK.foldedParameters()) {
      // A bias is a multiple of the scales of input and kernel.
      boolean rounded = kind == Weights.Quantized.class && p.role() == Role.BIAS;
      assertThat(model.weights().get(p))
          .as(p.name())
          .containsExactly(expected.get(p), within(rounded ? 0.51f * 6 / 255 / 64 : 0));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "U8", "I8"})
  void readsEveryType(DataType type) {
    Model model = read(file -> file.type = type);

    assertSame(model, type.isFloat() ? Weights.Folded.class : Weights.Quantized.class);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU6);
    double mean = type == DataType.U8 ? 128 / 255.0 : type == DataType.I8 ? 0 : 0.5;
    double std = type == DataType.U8 || type == DataType.I8 ? 128 / 255.0 : 0.5;
    assertThat(model.preprocessing().mean()).containsOnly(mean);
    assertThat(model.preprocessing().std()).containsOnly(std);
  }

  @Test
  void readsMeanAndFullyConnected() {
    assertSame(read(file -> file.dense = true));
  }

  @Test
  void takesTensorFlowsPaddingFromPadOperators() {
    Model model = read(file -> file.explicitPads = true);
    assertSame(model);
    assertThat(model.network().padding()).isEqualTo(Padding.SAME);
  }

  @Test
  void takesSymmetricPaddingFromPadOperators() {
    MobileNetV1 symmetric = NETWORK.toBuilder().padding(Padding.SYMMETRIC).build();
    TinyTflite file = new TinyTflite(symmetric, weights());
    file.explicitPads = true;
    Model model = TfliteFormat.read("tiny.tflite", file.build(), ReadLimits.standard());
    assertSame(model);
    assertThat(model.network().padding()).isEqualTo(Padding.SYMMETRIC);
  }

  @Test
  void takesReluAndFeedsItZeroToOne() {
    Model model = read(file -> file.activation = 1);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU);
    assertThat(model.preprocessing()).isEqualTo(Preprocessing.UNIT);
  }

  @Test
  void takesTheClampOfAQuantisedRangeForAnActivation() {
    Model model =
        read(file -> {
          file.type = DataType.U8;
          file.activation = 0;
        });
    assertThat(model.network().activation()).isEqualTo(Activation.RELU6);
    assertThatThrownBy(() -> read(file -> file.activation = 0))
        .hasMessageContaining("operator 0 (CONV_2D) has no activation");
  }

  @ParameterizedTest
  @CsvSource({
    "0, stem",
    "1, block1.depthwise",
    "2, block1.pointwise",
    "27, pool",
    "28, classifier",
  })
  void namesTheFirstOperatorThatDoesNotFit(int operator, String layer) {
    assertThatThrownBy(() -> read(file -> file.wrongOperator = operator))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("tiny.tflite: operator %s (operator code 117)".formatted(operator))
        .hasMessageEndingWith("; the layer at this place is " + layer);
  }

  @Test
  void refusesAnotherBackbone() {
    MobileNetV1 shallow = NETWORK.toBuilder().backbone(MobileNetV1.Backbone.SHALLOW).build();
    byte[] file = new TinyTflite(shallow, RandomWeights.of(shallow, 1).folded(shallow)).build();
    assertThatThrownBy(() -> TfliteFormat.read("shallow", file, ReadLimits.standard()))
        .hasMessage(
            "shallow: operator 13 (DEPTHWISE_CONV_2D) has strides [2, 2], expected 1;"
                + " the layer at this place is block7.depthwise");
  }

  @Test
  void readsLabelsFromAnAppendedArchive() {
    byte[] file = file(f -> {});
    assertThat(labels(TinyTflite.withArchive(file, "l.txt", "a\nb, c\r\n é \n")))
        .containsExactly("a", "b, c", "é");
    assertThat(labels(TinyTflite.withArchive(file, "l.txt", "a\nb")))
        .containsExactly("class 0", "class 1", "class 2");
    assertThat(labels(TinyTflite.withArchive(file, "l.bin", "a\nb\nc"))).startsWith("class 0");
    byte[] broken = TinyTflite.withArchive(file, "l.txt", "a\nb\nc");
    broken[file.length + 40] ^= 1;
    assertThatThrownBy(() -> TfliteFormat.read("x", broken, ReadLimits.standard()))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith("x: the zip archive with the labels is broken");
  }

  private static List<String> labels(byte[] file) {
    return TfliteFormat.read("tiny.tflite", file, ReadLimits.standard()).labels().names();
  }
}

package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks that differ from the paper's in input, stem or head, in each format. */
class ExportVariantsTest {
  private static final double TOLERANCE = 1e-4;

  @TempDir private Path folder;

  private static MobileNetV1.Builder small() {
    return MobileNetV1.builder().widthMultiplier(0.25).input(32, 39).classes(5);
  }

  static Stream<MobileNetV1> networks() {
    return Stream.of(
        small().channels(1).build(),
        small().stemStride(1).build(),
        small().stemStride(1).padding(Padding.SYMMETRIC).activation(Activation.RELU).build(),
        small().padding(Padding.ASYMMETRIC).build(),
        small().padding(Padding.ASYMMETRIC).stemPadding(Padding.SAME).build(),
        small().input(96, 64).padding(Padding.ASYMMETRIC).stemPadding(Padding.SAME).build(),
        small().input(33, 65).padding(Padding.SYMMETRIC).build(),
        small().classes(0).build(),
        small().hidden(19).build(),
        small().classifierActivation(ClassifierActivation.SIGMOID).build(),
        small().classes(2).classifierActivation(ClassifierActivation.BINARY).build());
  }

  private static Model model(MobileNetV1 network) {
    return new Model(
        network,
        RandomWeights.of(network, 1),
        Preprocessing.IMAGENET.forChannels(network.channels()),
        Labels.numbered(network.classes()),
        Map.of());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void runtimesGiveTheSameOutputs(MobileNetV1 network) throws OrtException {
    Model model = model(network);
    int channels = network.channels();
    int area = Math.toIntExact(network.input().area());
    float[] x = new float[area * channels];
    float[] planes = new float[x.length];
    double[] image = new double[x.length];
    Random random = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
      planes[i % channels * area + i / channels] = x[i];
      image[i] = x[i];
    }
    Map<String, double[]> outputs = ReferenceForward.run(network, model.weights(), image);
    double[] expected = outputs.get(network.layers().getLast().name());
    for (BatchNormStyle style : BatchNormStyle.values()) {
      Path onnx = folder.resolve(style + ".onnx");
      new OnnxExport(style).write(onnx, model);
      long[] shape = {1, channels, network.height(), network.width()};
      assertSame(OnnxRuntime.run(onnx, planes, shape), expected);
    }
    Path tflite = folder.resolve("model.tflite");
    new TfliteExport().write(tflite, model);
    int[] shape = {1, network.height(), network.width(), channels};
    assertSame(TensorFlowLite.run(tflite, x, shape, expected.length), expected);
  }

  private static void assertSame(float[] found, double[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) found[i]).isCloseTo(expected[i], within(TOLERANCE));
    }
  }

  static Stream<Arguments> whole() {
    return networks()
        .flatMap(network ->
            Stream.of(
                    Map.entry(
                        "model.safetensors",
                        (Export) new SafetensorsExport(Dialect.CANONICAL, DataType.F32)),
                    Map.entry("model.h5", new KerasExport()),
                    Map.entry("model.onnx", new OnnxExport(BatchNormStyle.KEPT)),
                    Map.entry("model.tflite", new TfliteExport()))
                .map(way -> Arguments.of(network, way.getKey(), way.getValue())));
  }

  @ParameterizedTest
  @MethodSource("whole")
  void comesBack(MobileNetV1 network, String file, Export export) {
    Model model = model(network);
    Path path = folder.resolve(file);
    export.write(path, model);
    Model back = Models.read(path);
    assertThat(back.network()).isEqualTo(network);
    assertThat(back.preprocessing()).isEqualTo(model.preprocessing());
    assertThat(back.labels()).isEqualTo(model.labels());
    if (!file.endsWith("tflite")) {
      for (Parameter p : network.parameters()) {
        assertThat(back.weights().get(p)).as(p.name()).isEqualTo(model.weights().get(p));
      }
    }
  }

  /** What shapes and names tell comes back from bare tensors; what they cannot tell is refused. */
  @ParameterizedTest
  @MethodSource("networks")
  void bareTensorsHoldItOrAreRefused(MobileNetV1 any) {
    for (Dialect dialect : List.of(Dialect.TUTORIAL, Dialect.TIMM, Dialect.HUGGING_FACE)) {
      MobileNetV1 network =
          any.toBuilder()
              .input(96, 96)
              .padding(Padding.SYMMETRIC)
              .activation(dialect == Dialect.TUTORIAL ? Activation.RELU : Activation.RELU6)
              .build();
      Model model = model(network);
      Path path = folder.resolve(dialect + "/model.safetensors");
      assertThat(path.getParent().toFile().mkdir()).isTrue();
      Export export = new SafetensorsExport(dialect, DataType.F32);
      if (!dialect.holds(network)) {
        assertThatThrownBy(() -> export.write(path, model))
            .isInstanceOf(MobileNetException.class)
            .hasMessageContaining(dialect.toString())
            .hasMessageContaining("this model");
        continue;
      }
      export.write(path, model);
      Model back = Models.read(path);
      assertThat(back.network().channels()).isEqualTo(network.channels());
      assertThat(back.network().head().activation()).isEqualTo(network.head().activation());
      assertThat(back.network().classes()).isEqualTo(network.classes());
      assertThat(back.network().widthMultiplier()).isEqualTo(network.widthMultiplier());
      assertThat(back.labels()).isEqualTo(model.labels());
      assertThat(back.weights().get(network.stem(), Role.KERNEL))
          .isEqualTo(model.weights().get(network.stem(), Role.KERNEL));
    }
  }

  /** As {@code MobileNetV1Model} saves itself, also behind what wraps it. */
  @ParameterizedTest
  @ValueSource(strings = {"", "module."})
  void theBaseModelOfHuggingFaceHasNoNameOfItsOwn(String prefix) {
    Model model = model(small().classes(0).channels(1).build());
    Map<String, Tensor> tensors = new HashMap<>();
    Dialect.HUGGING_FACE
        .tensors(model, DataType.F32)
        .forEach((name, t) -> tensors.put(prefix + name.replace("mobilenet_v1.", ""), t));
    Model read = Dialect.read("base", tensors);
    assertThat(read.network().hasClassifier()).isFalse();
    assertThat(read.network().widthMultiplier()).isEqualTo(0.25);
    assertThat(read.network().channels()).isEqualTo(1);
    for (Parameter p : model.network().parameters()) {
      assertThat(read.weights().get(p)).as(p.name()).isEqualTo(model.weights().get(p));
    }
  }
}

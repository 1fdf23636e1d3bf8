package io.github.mobilenet4j.formats.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.formats.Fixtures;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Nhwc;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** PyTorch's own exports against PyTorch, other graphs against ONNX Runtime. */
public class OnnxFormatTest {
  private static final Tensor X =
      Safetensors.read(Fixtures.path("expected.safetensors")).tensors().get("x");

  @ParameterizedTest
  @CsvSource({
    "timm, timm, SYMMETRIC",
    "kept, timm, SYMMETRIC",
    "view, timm, SYMMETRIC",
    "timm_head, timm_head, SYMMETRIC",
    "hugging_face, hugging_face, SAME",
    "opset-9, hugging_face, SAME"
  })
  void readsWhatPytorchExports(String file, String network, Padding padding) {
    Model model = Models.read(Fixtures.path(file + ".onnx"));

    assertThat(model.network().height()).isEqualTo(33);
    assertThat(model.network().width()).isEqualTo(47);
    assertThat(model.network().classes()).isEqualTo(3);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU6);
    assertThat(model.network().padding()).isEqualTo(padding);
    assertThat(model.metadata()).containsEntry("producer", "pytorch 1.13.0");
    Fixtures.assertLogits(model, network);
  }

  @Test
  void keepsBatchNormAsItIs() {
    Model model = Models.read(Fixtures.path("kept.onnx"));
    Model expected = Models.read(Fixtures.path("timm.safetensors"));
    assertThat(model.network().epsilon()).isEqualTo(1e-5);
    for (Parameter p : expected.network().parameters()) {
      assertThat(model.weights().get(p)).as(p.name()).isEqualTo(expected.weights().get(p));
    }
  }

  /** Each differs from the first in one way in which exporters differ. */
  static Stream<Consumer<TinyOnnx>> graphs() {
    return Stream.of(
        file -> {},
        file -> file.channelsLast = true,
        file -> file.padding = TinyOnnx.Pad.SEPARATE,
        file -> file.padding = TinyOnnx.Pad.ATTRIBUTE,
        file -> file.padding = TinyOnnx.Pad.COMPUTED,
        file -> file.norm = TinyOnnx.Norm.KEPT_WITH_BIAS,
        file -> file.norm = TinyOnnx.Norm.PRODUCT_AND_SUM,
        file -> file.norm = TinyOnnx.Norm.FOLDED,
        file -> file.limits = TinyOnnx.Limits.RELU_MIN,
        file -> file.limits = TinyOnnx.Limits.MAX_MIN,
        file -> file.transposedKernels = true,
        file -> file.head = TinyOnnx.Head.MEAN_MATMUL,
        file -> file.head = TinyOnnx.Head.CONVOLUTION,
        file -> file.head = TinyOnnx.Head.KERAS,
        file -> file.softmax = true,
        file -> {
          file.channelsLast = true;
          file.padding = TinyOnnx.Pad.SEPARATE;
          file.transposedKernels = true;
          file.head = TinyOnnx.Head.KERAS;
          file.softmax = true;
        });
  }

  @ParameterizedTest
  @MethodSource("graphs")
  void readsWhatOthersExport(Consumer<TinyOnnx> change) throws OrtException {
    TinyOnnx file = tiny(change);
    byte[] content = file.build();

    Model model = OnnxFormat.read("tiny.onnx", content, ReadLimits.standard());

    assertThat(model.network().padding()).isEqualTo(Padding.SAME);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU6);
    assertThat(model.network().backbone()).isEqualTo(MobileNetV1.Backbone.SEPARABLE);
    float[][] expected = onnxRuntime(content, file.channelsLast);
    for (int n = 0; n < 2; n++) {
      double[] logits = ReferenceForward.logits(model.network(), model.weights(), Nhwc.image(X, n));
      double[] found = file.softmax ? ReferenceForward.softmax(logits) : logits;
      for (int k = 0; k < found.length; k++) {
        assertThat(found[k]).isCloseTo(expected[n][k], within(1e-4));
      }
    }
    if (!file.softmax) {
      Fixtures.assertLogits(model, "hugging_face");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0  | node 0 (Tanh stem) is not part of a MobileNet V1; the layer at this place is stem",
        "3  | node 3 (Tanh block1.depthwise) is not part of a MobileNet V1; "
            + "the layer at this place is block1.depthwise",
        "83 | node 83 (Tanh classifier) is not part of a MobileNet V1; "
            + "the layer at this place is classifier"
      })
  void namesTheFirstNodeThatDoesNotFit(int node, String fault) {
    byte[] content = tiny(file -> file.wrongNode = node).build();
    assertThatThrownBy(() -> OnnxFormat.read("tiny.onnx", content, ReadLimits.standard()))
        .isInstanceOf(MobileNetException.class)
        .hasMessage("tiny.onnx: " + fault);
  }

  /** Returns a file in which much is not as PyTorch writes it. */
  public static byte[] mixed() {
    return tiny(
            file -> {
              file.channelsLast = true;
              file.padding = TinyOnnx.Pad.SEPARATE;
              file.transposedKernels = true;
              file.norm = TinyOnnx.Norm.PRODUCT_AND_SUM;
              file.head = TinyOnnx.Head.MEAN_MATMUL;
            })
        .build();
  }

  private static TinyOnnx tiny(Consumer<TinyOnnx> change) {
    Model model = Models.read(Fixtures.path("hugging_face.safetensors")).withInput(33, 47);
    TinyOnnx file = new TinyOnnx(model.network(), model.weights());
    change.accept(file);
    return file;
  }

  private static float[][] onnxRuntime(byte[] content, boolean channelsLast) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    float[] values = channelsLast ? Nhwc.batch(X) : X.floats();
    long[] shape = channelsLast ? new long[] {2, 33, 47, 3} : new long[] {2, 3, 33, 47};
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      try (OrtSession session = environment.createSession(content, options);
          OnnxTensor x = OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape);
          OrtSession.Result result = session.run(Map.of("x", x))) {
        float[] flat = ((OnnxTensor) result.get(0)).getFloatBuffer().array();
        return new float[][] {
          Arrays.copyOfRange(flat, 0, flat.length / 2),
          Arrays.copyOfRange(flat, flat.length / 2, flat.length)
        };
      }
    }
  }
}

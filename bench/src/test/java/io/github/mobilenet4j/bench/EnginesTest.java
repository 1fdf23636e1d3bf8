package io.github.mobilenet4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ONNX Runtime judges this project's inference. */
class EnginesTest {
  @ParameterizedTest
  @CsvSource({
    "0.25, 128, 128, RELU,  SYMMETRIC, 1, 1",
    "0.25,  64,  64, RELU6, SAME,      4, 2",
    "0.25,  97, 131, RELU,  SAME,      2, 1",
    "0.25,  97, 131, RELU6, SYMMETRIC, 3, 2",
    "0.3,   50,  33, RELU6, SAME,      1, 3",
    "0.5,   32,  32, RELU,  SYMMETRIC, 5, 1",
    "0.75, 160, 192, RELU6, SAME,      1, 2",
    "1.0,  224, 224, RELU,  SYMMETRIC, 1, 2",
    "1.0,  224, 224, RELU6, SAME,      2, 1",
    "1.4,   65,  64, RELU,  SAME,      1, 1",
  })
  void sameLogits(
      double alpha,
      int height,
      int width,
      Activation activation,
      Padding padding,
      int batch,
      int threads) {
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(alpha)
            .input(height, width)
            .activation(activation)
            .padding(padding)
            .build();
    Engine.Job job = Engine.Job.random(network, batch, threads);
    try (Engine judge = Contender.ONNXRUNTIME.prepare(job);
        Engine ours = Contender.MOBILENET4J.prepare(job)) {
      judge.run();
      ours.run();
      assertThat(Engine.difference(judge.logits(), ours.logits())).isLessThan(1e-4);
    }
  }

  /** Its own export is what ONNX Runtime has of a quantised network. */
  @ParameterizedTest
  @CsvSource({"0.25, 128, 1, 1", "0.5, 96, 3, 2"})
  void sameLogitsInIntegers(double alpha, int resolution, int batch, int threads) {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(alpha).resolution(resolution).build();
    Engine.Job job = Engine.Job.random(network, batch, threads).in(Precision.INT8);
    try (Engine judge = Contender.ONNXRUNTIME.prepare(job);
        Engine ours = Contender.MOBILENET4J.prepare(job)) {
      judge.run();
      ours.run();
      assertThat(Engine.difference(judge.logits(), ours.logits()))
          .isLessThan(CompareInference.tolerance(Precision.INT8));
    }
  }
}

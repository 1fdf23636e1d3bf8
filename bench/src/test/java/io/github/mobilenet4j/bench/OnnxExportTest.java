package io.github.mobilenet4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** PyTorch judges the ONNX file that ONNX Runtime, the other tests' judge, is given. */
class OnnxExportTest {
  @Test
  void sameLogitsAsPyTorch() {
    Golden golden = Golden.require();
    try (Engine engine = Contender.ONNXRUNTIME.prepare(golden.job())) {
      engine.run();
      assertThat(Engine.difference(golden.tensors().get("eval.logits").floats(), engine.logits()))
          .isLessThan(1e-5);
    }
  }
}

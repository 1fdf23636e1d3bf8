package io.github.mobilenet4j.formats;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;

/** Runs a file in ONNX Runtime. */
final class OnnxRuntime {
  private OnnxRuntime() {}

  /** Returns the logits of {@code x [shape]}, and checks that the metadata is there. */
  static float[] run(Path path, float[] x, long[] shape) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(path.toString());
        OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), shape);
        OrtSession.Result result = session.run(Map.of(OnnxExport.INPUT, input))) {
      OnnxTensor logits =
          (OnnxTensor)
              result.get(OnnxExport.OUTPUT).or(() -> result.get(OnnxExport.FEATURES)).orElseThrow();
      float[] values = new float[logits.getFloatBuffer().remaining()];
      logits.getFloatBuffer().get(values);
      return values;
    }
  }

  /** Returns the file's metadata. */
  static Map<String, String> metadata(Path path) throws OrtException {
    try (OrtSession session = OrtEnvironment.getEnvironment().createSession(path.toString())) {
      return session.getMetadata().getCustomMetadata();
    }
  }
}

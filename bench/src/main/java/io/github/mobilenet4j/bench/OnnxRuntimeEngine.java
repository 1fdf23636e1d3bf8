package io.github.mobilenet4j.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.mobilenet4j.formats.Export;
import io.github.mobilenet4j.formats.OnnxExport;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/**
 * ONNX Runtime on its CPU provider, as shipped: every graph optimisation, worker threads that spin.
 * Input and output lie in direct buffers that are bound once, so a run copies nothing in or out.
 */
final class OnnxRuntimeEngine implements Engine {
  /** Kernels of integers are signed: the faster ones, which need a processor with VNNI. */
  private static final OnnxExport FOLDED =
      new OnnxExport(Export.BatchNormStyle.FOLDED, DataType.I8);

  private final OrtSession session;
  private final FloatBuffer x;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> outputs;
  private final FloatBuffer logits;

  OnnxRuntimeEngine(Job job) {
    MobileNetV1 network = job.network();
    int batch = job.batch();
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(job.threads());
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(FOLDED.bytes(job.model()), options);
      x = direct(job.x().length).put(planar(job.x(), batch)).flip();
      long[] shape = {batch, 3, network.height(), network.width()};
      inputs = Map.of(OnnxExport.INPUT, OnnxTensor.createTensor(environment, x, shape));
      logits = direct(batch * network.classes());
      shape = new long[] {batch, network.classes()};
      outputs = Map.of(OnnxExport.OUTPUT, OnnxTensor.createTensor(environment, logits, shape));
    } catch (OrtException e) {
      throw failure(e);
    }
  }

  /** Returns NCHW for NHWC with three channels. */
  private static float[] planar(float[] x, int batch) {
    int area = x.length / batch / 3;
    float[] planes = new float[x.length];
    for (int n = 0; n < batch; n++) {
      for (int i = 0; i < area; i++) {
        for (int c = 0; c < 3; c++) {
          planes[(n * 3 + c) * area + i] = x[(n * area + i) * 3 + c];
        }
      }
    }
    return planes;
  }

  private static FloatBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(floats * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private static IllegalStateException failure(OrtException e) {
    return new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
  }

  @Override
  public void run() {
    try (OrtSession.Result _ = session.run(inputs, outputs)) {
      // The result is the bound output.
    } catch (OrtException e) {
      throw failure(e);
    }
  }

  /**
   * Runs on another input.
   *
   * @param planes {@code [batch, 3, H, W]}
   */
  float[] run(FloatBuffer planes) {
    x.clear().put(planes);
    run();
    return logits();
  }

  @Override
  public float[] logits() {
    float[] copy = new float[logits.capacity()];
    logits.get(0, copy);
    return copy;
  }

  @Override
  public void close() {
    try {
      inputs.values().forEach(OnnxTensor::close);
      outputs.values().forEach(OnnxTensor::close);
      session.close();
    } catch (OrtException e) {
      throw failure(e);
    }
  }
}

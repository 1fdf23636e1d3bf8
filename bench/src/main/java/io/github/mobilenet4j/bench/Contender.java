package io.github.mobilenet4j.bench;

import java.util.Locale;
import java.util.function.Function;

/** The engines that can be compared. */
enum Contender {
  MOBILENET4J(MobileNet4jEngine::new),
  /** This project in float32, whatever the precision. */
  FLOAT32(job -> new MobileNet4jEngine(job.inFloat32())),
  ONNXRUNTIME(OnnxRuntimeEngine::new),
  ONNXRUNTIME_FLOAT32(job -> new OnnxRuntimeEngine(job.inFloat32())),
  LIBTORCH(LibTorchEngine::new),
  TENSORFLOWLITE(TensorFlowLiteEngine::new);

  private final Function<Engine.Job, Engine> maker;

  Contender(Function<Engine.Job, Engine> maker) {
    this.maker = maker;
  }

  /** Returns whether it computes in the precision that was asked for. */
  boolean hasPrecision() {
    return this != FLOAT32 && this != ONNXRUNTIME_FLOAT32;
  }

  /** Returns whether it is this project. */
  boolean isOurs() {
    return this == MOBILENET4J || this == FLOAT32;
  }

  Engine prepare(Engine.Job job) {
    return maker.apply(job);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

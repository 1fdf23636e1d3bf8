package io.github.mobilenet4j.bench;

import java.util.Locale;
import java.util.function.Function;

/** The engines that can be compared. */
enum Contender {
  MOBILENET4J(MobileNet4jEngine::new),
  ONNXRUNTIME(OnnxRuntimeEngine::new),
  LIBTORCH(LibTorchEngine::new);

  private final Function<Engine.Job, Engine> maker;

  Contender(Function<Engine.Job, Engine> maker) {
    this.maker = maker;
  }

  Engine prepare(Engine.Job job) {
    return maker.apply(job);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

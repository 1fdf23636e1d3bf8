package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;

/** Weights compiled for inference. Immutable, safe to share between threads. */
public final class InferencePlan {
  private InferencePlan() {}

  /** Compiles weights with the fastest kernels that this machine and JVM offer. */
  public static InferencePlan compile(MobileNetV1 network, Weights weights) {
    throw new UnsupportedOperationException("to come");
  }

  /** Returns the network. */
  public MobileNetV1 network() {
    throw new UnsupportedOperationException("to come");
  }

  /** Returns the names of the operators in order: stem, block1 … block13, head. */
  public List<String> operators() {
    throw new UnsupportedOperationException("to come");
  }
}

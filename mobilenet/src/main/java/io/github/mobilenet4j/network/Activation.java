package io.github.mobilenet4j.network;

/** What follows each BatchNorm: {@code y = min(max(x, 0), ceiling)}. */
public enum Activation {
  /** No ceiling: the tutorial's network, Caffe's and MLPerf Tiny's. */
  RELU(Float.POSITIVE_INFINITY),
  /** Ceiling 6: TensorFlow, Keras, timm and Hugging Face. */
  RELU6(6);

  private final float ceiling;

  Activation(float ceiling) {
    this.ceiling = ceiling;
  }

  /** Returns the largest value that passes, {@link Float#POSITIVE_INFINITY} for none. */
  public float ceiling() {
    return ceiling;
  }
}

package io.github.mobilenet4j.inference;

/** Global average pooling, and the fully connected layers behind it, of which there may be none. */
sealed interface Head extends Operator permits FloatHead, QuantizedHead {
  @Override
  default String name() {
    return "head";
  }

  @Override
  default Halo out() {
    return null;
  }
}

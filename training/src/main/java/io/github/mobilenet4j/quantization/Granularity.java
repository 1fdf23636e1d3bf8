package io.github.mobilenet4j.quantization;

/** What of a kernel shares a scale. */
public enum Granularity {
  /** All of it. Depthwise kernels, whose channels differ much, lose by it. */
  PER_TENSOR,
  /** What makes one output channel. */
  PER_CHANNEL
}

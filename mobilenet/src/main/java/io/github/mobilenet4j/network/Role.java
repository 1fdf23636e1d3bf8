package io.github.mobilenet4j.network;

import java.util.Locale;

/** What a parameter is to its layer. */
public enum Role {
  /** Convolution or classifier kernel. */
  KERNEL(true),
  /** BatchNorm scale γ, {@code [K]}. */
  GAMMA(true),
  /** BatchNorm shift β, {@code [K]}. */
  BETA(true),
  /** BatchNorm running mean, {@code [K]}. */
  MEAN(false),
  /** BatchNorm running variance, {@code [K]}. */
  VARIANCE(false),
  /** Bias, {@code [K]}: the classifier's, and a convolution's with BatchNorm folded in. */
  BIAS(true);

  private final boolean trainable;

  Role(boolean trainable) {
    this.trainable = trainable;
  }

  /** Returns whether an optimizer changes it; running statistics follow the data instead. */
  public boolean trainable() {
    return trainable;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

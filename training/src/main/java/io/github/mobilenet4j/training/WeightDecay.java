package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.Role;

/**
 * A pull of the values towards zero.
 *
 * @param rate its strength, ≥ 0; what it means is the {@link Optimizer}'s
 * @param scope which parameters are pulled
 */
public record WeightDecay(double rate, Scope scope) {
  /** Which parameters are pulled. */
  public enum Scope {
    /**
     * Kernels other than depthwise ones: "it was important to put very little or no weight decay
     * (l2 regularization) on the depthwise filters since there are so few parameters in them"
     * (section 3.2 of the paper).
     */
    NO_DEPTHWISE,
    /** All kernels. */
    KERNELS,
    /** BatchNorm and bias too. */
    ALL
  }

  /**
   * Checks the rate.
   *
   * @throws MobileNetException if it is below 0
   */
  public WeightDecay {
    if (!(rate >= 0 && Double.isFinite(rate))) {
      throw new MobileNetException("weight decay is " + rate + ", expected >= 0");
    }
  }

  /** Returns how strongly a parameter is pulled: the rate or 0. */
  public double of(Parameter parameter) {
    boolean pulled =
        switch (scope) {
          case NO_DEPTHWISE ->
              parameter.role() == Role.KERNEL && !(parameter.layer() instanceof Layer.Depthwise);
          case KERNELS -> parameter.role() == Role.KERNEL;
          case ALL -> true;
        };
    return pulled ? rate : 0;
  }
}

package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;
import java.util.List;

/**
 * How a gradient changes a value. Each kind remembers a few numbers for each value, its memory. All
 * arithmetic is in single precision, one value at a time, so that the result does not depend on how
 * values are shared among threads.
 */
public sealed interface Optimizer {
  /**
   * Stochastic gradient descent with momentum, PyTorch's formula: {@code m ← momentum · m + g},
   * {@code w ← w − rate · m}; with Nesterov's variant {@code w ← w − rate · (g + momentum · m)}.
   *
   * @param momentum in [0, 1); 0.9 is usual, 0 is plain gradient descent
   * @param nesterov whether the step looks ahead
   */
  record Sgd(double momentum, boolean nesterov) implements Optimizer {
    /** Momentum 0.9, Nesterov. */
    public static final Sgd DEFAULT = new Sgd(0.9, true);

    /**
     * Checks the momentum.
     *
     * @throws MobileNetException if it is out of its range
     */
    public Sgd {
      requirePart("momentum", momentum);
    }
  }

  /**
   * RMSprop (Tieleman and Hinton, 2012), which the paper trained with. {@code s ← decay · s + (1 −
   * decay) · g²}, and then by formula.
   *
   * @param decay of the mean of squares, in [0, 1); 0.9 is usual
   * @param momentum in [0, 1)
   * @param epsilon &gt; 0; with {@link Formula#TENSORFLOW} often as large as 1
   * @param formula where ε and the rate stand
   */
  record RmsProp(double decay, double momentum, double epsilon, Formula formula)
      implements Optimizer {
    /** TensorFlow's formula with decay 0.9, momentum 0.9 and ε 1, as TF-Slim trains. */
    public static final RmsProp DEFAULT = new RmsProp(0.9, 0.9, 1, Formula.TENSORFLOW);

    /** Frameworks differ in where ε stands, where the rate enters, and how s begins. */
    public enum Formula {
      /** {@code m ← momentum · m + g / (√s + ε)}, {@code w ← w − rate · m}; s begins as 0. */
      PYTORCH,
      /**
       * {@code m ← momentum · m + rate · g / √(s + ε)}, {@code w ← w − m}; s begins as 1, as in
       * {@code tf.compat.v1.train.RMSPropOptimizer}.
       */
      TENSORFLOW
    }

    /**
     * Checks every value.
     *
     * @throws MobileNetException if one is out of its range
     */
    public RmsProp {
      requirePart("decay", decay);
      requirePart("momentum", momentum);
      requirePositive("epsilon", epsilon);
    }
  }

  /**
   * Adam with decoupled weight decay (Loshchilov and Hutter, arXiv:1711.05101), PyTorch's formula.
   *
   * @param beta1 decay of the mean gradient, in [0, 1)
   * @param beta2 decay of the mean square, in [0, 1)
   * @param epsilon &gt; 0
   */
  record AdamW(double beta1, double beta2, double epsilon) implements Optimizer {
    /** β₁ 0.9, β₂ 0.999, ε 1e-8. */
    public static final AdamW DEFAULT = new AdamW(0.9, 0.999, 1e-8);

    /**
     * Checks every value.
     *
     * @throws MobileNetException if one is out of its range
     */
    public AdamW {
      requirePart("beta1", beta1);
      requirePart("beta2", beta2);
      requirePositive("epsilon", epsilon);
    }
  }

  private static void requirePart(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new MobileNetException("%s is %s, expected in [0, 1)".formatted(name, value));
    }
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0 && Double.isFinite(value))) {
      throw new MobileNetException("%s is %s, expected > 0".formatted(name, value));
    }
  }

  /** Returns the names of what is remembered of each value. */
  default List<String> memory() {
    return switch (this) {
      case Sgd _ -> List.of("momentum");
      case RmsProp _ -> List.of("momentum", "square");
      case AdamW _ -> List.of("mean", "square");
    };
  }

  /** Returns what a memory begins as. */
  default float initial(String memory) {
    return memory.equals("square")
            && this instanceof RmsProp r
            && r.formula == RmsProp.Formula.TENSORFLOW
        ? 1
        : 0;
  }

  /**
   * What a step multiplies by.
   *
   * @param rate learning rate
   * @param scale factor of the gradient
   * @param decay weight decay: added to the gradient as {@code decay · w}; by {@link AdamW}, {@code
   *     w ← w − rate · decay · w} instead
   */
  record Factors(float rate, float scale, float decay) {}

  /**
   * Changes the values from {@code from} to {@code to}.
   *
   * @param w values
   * @param gradient of the loss by the values; not modified
   * @param memory one array for each of {@link #memory()}
   * @param step from 1
   */
  default void update(
      float[] w, float[] gradient, float[][] memory, int from, int to, long step, Factors factors) {
    float rate = factors.rate;
    float scale = factors.scale;
    float decay = factors.decay;
    switch (this) {
      case Sgd sgd -> {
        float momentum = (float) sgd.momentum;
        float[] m = memory[0];
        if (sgd.nesterov) {
          for (int i = from; i < to; i++) {
            float g = scale * gradient[i] + decay * w[i];
            m[i] = momentum * m[i] + g;
            w[i] -= rate * (g + momentum * m[i]);
          }
        } else {
          for (int i = from; i < to; i++) {
            m[i] = momentum * m[i] + (scale * gradient[i] + decay * w[i]);
            w[i] -= rate * m[i];
          }
        }
      }
      case RmsProp rms -> {
        float keep = (float) rms.decay;
        float take = (float) (1 - rms.decay);
        float momentum = (float) rms.momentum;
        float epsilon = (float) rms.epsilon;
        float[] m = memory[0];
        float[] s = memory[1];
        switch (rms.formula) {
          case PYTORCH -> {
            for (int i = from; i < to; i++) {
              float g = scale * gradient[i] + decay * w[i];
              s[i] = keep * s[i] + take * (g * g);
              m[i] = momentum * m[i] + g / ((float) Math.sqrt(s[i]) + epsilon);
              w[i] -= rate * m[i];
            }
          }
          case TENSORFLOW -> {
            for (int i = from; i < to; i++) {
              float g = scale * gradient[i] + decay * w[i];
              s[i] = keep * s[i] + take * (g * g);
              m[i] = momentum * m[i] + rate * g / (float) Math.sqrt(s[i] + epsilon);
              w[i] -= m[i];
            }
          }
        }
      }
      case AdamW adam -> {
        float keep1 = (float) adam.beta1;
        float take1 = (float) (1 - adam.beta1);
        float keep2 = (float) adam.beta2;
        float take2 = (float) (1 - adam.beta2);
        float epsilon = (float) adam.epsilon;
        float kept = (float) (1 - (double) rate * decay);
        float unbiased = (float) (rate / (1 - Math.pow(adam.beta1, step)));
        float root = (float) Math.sqrt(1 - Math.pow(adam.beta2, step));
        float[] m = memory[0];
        float[] s = memory[1];
        for (int i = from; i < to; i++) {
          float g = scale * gradient[i];
          m[i] = keep1 * m[i] + take1 * g;
          s[i] = keep2 * s[i] + take2 * (g * g);
          w[i] = kept * w[i] - unbiased * m[i] / ((float) Math.sqrt(s[i]) / root + epsilon);
        }
      }
    }
  }
}

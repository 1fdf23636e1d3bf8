package io.github.mobilenet4j.training;

import io.github.mobilenet4j.MobileNetException;

/**
 * How the learning rate changes while a network is trained: a factor by the epoch, which counts
 * from 0 and has a fraction, since the rate changes with each step.
 */
public sealed interface Schedule {
  /** Always 1. */
  record Constant() implements Schedule {}

  /**
   * Half a wave from 1 down to a floor (Loshchilov and Hutter, arXiv:1608.03983, without restarts).
   *
   * @param floor the factor at the end, in [0, 1]
   */
  record Cosine(double floor) implements Schedule {
    /** Down to 0. */
    public static final Cosine DEFAULT = new Cosine(0);

    /**
     * Checks the floor.
     *
     * @throws MobileNetException if it is out of its range
     */
    public Cosine {
      if (!(floor >= 0 && floor <= 1)) {
        throw new MobileNetException("floor is " + floor + ", expected in [0, 1]");
      }
    }
  }

  /**
   * Multiplied by a factor each time that so many epochs have passed. TF-Slim trained with 0.94 and
   * 2.5 epochs in this form.
   *
   * @param factor in (0, 1]
   * @param everyEpochs &gt; 0
   */
  record Step(double factor, double everyEpochs) implements Schedule {
    /** A tenth every 10 epochs. */
    public static final Step DEFAULT = new Step(0.1, 10);

    /**
     * Checks both values.
     *
     * @throws MobileNetException if one is out of its range
     */
    public Step {
      requireDecay(factor, everyEpochs);
    }
  }

  /**
   * As {@link Step}, but falling a little with each step: {@code factor^(epoch / everyEpochs)}.
   *
   * @param factor in (0, 1]
   * @param everyEpochs &gt; 0
   */
  record Exponential(double factor, double everyEpochs) implements Schedule {
    /** 0.94 every 2.5 epochs. */
    public static final Exponential DEFAULT = new Exponential(0.94, 2.5);

    /**
     * Checks both values.
     *
     * @throws MobileNetException if one is out of its range
     */
    public Exponential {
      requireDecay(factor, everyEpochs);
    }
  }

  private static void requireDecay(double factor, double everyEpochs) {
    if (!(factor > 0 && factor <= 1) || !(everyEpochs > 0 && Double.isFinite(everyEpochs))) {
      throw new MobileNetException(
          "factor is %s every %s epochs, expected in (0, 1] every > 0 epochs"
              .formatted(factor, everyEpochs));
    }
  }

  /**
   * Returns the factor of the learning rate.
   *
   * @param epoch how many have passed, with a fraction
   * @param epochs how many there will be
   */
  default double factor(double epoch, double epochs) {
    return switch (this) {
      case Constant _ -> 1;
      case Cosine cosine ->
          cosine.floor
              + (1 - cosine.floor) * (1 + Math.cos(Math.PI * Math.min(epoch / epochs, 1))) / 2;
      case Step step -> Math.pow(step.factor, Math.floor(epoch / step.everyEpochs));
      case Exponential decay -> Math.pow(decay.factor, epoch / decay.everyEpochs);
    };
  }

  /**
   * Returns the factor where the rate first rises in a straight line to 1, and the schedule then
   * runs over the epochs that are left.
   *
   * @param epoch how many have passed, with a fraction; a step of the rise takes its end, so that
   *     the first step does something
   * @param epochs how many there will be, the rise among them
   * @param step what part of an epoch one step is
   * @param warmUp epochs of the rise
   */
  default double factor(double epoch, double epochs, double step, double warmUp) {
    return epoch < warmUp
        ? Math.min((epoch + step) / warmUp, 1)
        : factor(epoch - warmUp, epochs - warmUp);
  }
}

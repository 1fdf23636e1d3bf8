package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.network.Layer;
import java.util.List;
import java.util.Optional;

/**
 * How far two models are apart on the same pictures.
 *
 * @param images how many were compared
 * @param classes how many classes the models have in common; logits of others are not compared
 * @param agreements the logits, first of both models as they are: each with its own preprocessing,
 *     classes of the same name together. If that is not the same, then also given the same input,
 *     and with the classes together that have the same place
 * @param layers the outputs of the layers in order, both models given the same input; as far as the
 *     networks have the same layers, and then the first that is another; the last, the logits, with
 *     classes paired the way that suits better, for the classifier does not know the labels
 */
public record Verification(
    int images, int classes, List<Agreement> agreements, List<LayerOutputs> layers) {
  /** Copies the lists. */
  public Verification {
    agreements = List.copyOf(agreements);
    layers = List.copyOf(layers);
  }

  /**
   * The difference of two tensors, over all pictures.
   *
   * @param largest the largest difference of two values; infinite if one is not a finite number, or
   *     there is nothing to compare
   * @param magnitude the largest magnitude of a value in either
   */
  public record Difference(double largest, double magnitude) {
    /** Returns the largest difference as a part of the largest magnitude, 0 if both are 0. */
    public double relative() {
      return largest == 0 || Double.isInfinite(largest) ? largest : largest / magnitude;
    }

    /** Returns whether {@link #relative()} is at most {@code tolerance}. */
    public boolean within(double tolerance) {
      return relative() <= tolerance;
    }
  }

  /**
   * What the models say of the pictures.
   *
   * @param sameInput whether both were given the first model's preprocessing and resolution, though
   *     the second has others
   * @param classesByOrder whether classes were paired by their places, though names pair others
   * @param logits their difference
   * @param sameTop1 pictures whose class of the largest logit is the same
   * @param farthest the name of the picture of the largest difference
   */
  public record Agreement(
      boolean sameInput,
      boolean classesByOrder,
      Difference logits,
      int sameTop1,
      String farthest) {}

  /**
   * The outputs of a layer, after BatchNorm and activation.
   *
   * @param first the first model's layer
   * @param second the second model's layer
   * @param difference of their outputs; infinite if these have different shapes
   */
  public record LayerOutputs(Layer first, Layer second, Difference difference) {
    /** Returns whether the layers have the same place and the same shape. */
    public boolean comparable() {
      return comparable(first, second);
    }

    /** Returns whether two layers have the same place and, classes apart, the same shape. */
    static boolean comparable(Layer first, Layer second) {
      return first.name().equals(second.name())
          && (first instanceof Layer.Classifier || first.out().equals(second.out()));
    }
  }

  /**
   * Returns whether the models, as they are, give the same logits.
   *
   * @param tolerance the largest difference as a part of the largest logit
   */
  public boolean agree(double tolerance) {
    return agreements.getFirst().logits().within(tolerance);
  }

  /**
   * Returns the first layer whose outputs differ, both models given the same input.
   *
   * @param tolerance the largest difference as a part of the layer's largest value
   */
  public Optional<LayerOutputs> firstDifference(double tolerance) {
    return layers.stream().filter(layer -> !layer.difference().within(tolerance)).findFirst();
  }
}

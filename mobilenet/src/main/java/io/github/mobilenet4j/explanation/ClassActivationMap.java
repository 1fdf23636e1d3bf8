package io.github.mobilenet4j.explanation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Weights;
import java.util.Arrays;

/**
 * Where an image shows a class: how much each place speaks for it (Zhou et al., Learning Deep
 * Features for Discriminative Localization, arXiv:1512.04150).
 *
 * <p>It is no approximation. The network ends with the mean over all places and one matrix, and a
 * mean of products is the product with the mean: {@code logit_c = bias_c + mean over places of Σ_k
 * w_kc · a_k}. The sum is the map, so that bias plus the map's mean <em>is</em> the logit.
 *
 * <p>With a hidden layer in between, the units that this image leaves at zero are left out, and
 * what remains is linear: the map adds up all the same, but its weights hold for this image alone
 * ({@link #linear} is false).
 *
 * <p>A quantised network rounds pooled features and logits to the steps of 8 bits. The map is then
 * that of the numbers that its integers stand for, and {@link #rounding} what was added behind it.
 *
 * @param classIndex the class
 * @param height rows of the last feature maps
 * @param width columns of the last feature maps
 * @param values {@code [height, width]}, logits: positive where the image speaks for the class
 * @param weights {@code [features]}, of each channel of the last feature maps
 * @param bias what the class has without any image
 * @param computed the logit as the network computed it
 * @param linear whether weights and bias are the same for every image
 */
@SuppressWarnings("ArrayRecordComponent")
public record ClassActivationMap(
    int classIndex,
    int height,
    int width,
    double[] values,
    double[] weights,
    double bias,
    float computed,
    boolean linear) {

  /**
   * Returns the map of a class. Where one logit z stands for two classes ({@link
   * ClassifierActivation#BINARY}), that of class 1 adds up to z and that of class 0 to −z: their
   * probabilities are the sigmoids of both.
   *
   * @param maps with the outputs of the last convolution, of the pooling and of the classifier
   * @param weights of the network
   * @param classIndex from 0 on
   * @throws MobileNetException if the network has no classifier or no such class, or an output was
   *     not computed
   */
  public static ClassActivationMap of(FeatureMaps maps, Weights weights, int classIndex) {
    MobileNetV1 network = maps.network();
    Layer.Classifier classifier = network.classifier();
    if (classIndex < 0 || classIndex >= network.classes()) {
      throw new MobileNetException(
          "class is %s, expected 0 to %s".formatted(classIndex, network.classes() - 1));
    }
    boolean binary = network.head().activation() == ClassifierActivation.BINARY;
    int output = binary ? 0 : classIndex;
    int sign = binary && classIndex == 0 ? -1 : 1;
    Layer pool = network.pool();
    float[] features = maps.input(pool);
    int channels = pool.in().channels();
    Linear linear = linear(maps, weights, output);
    double[] signed = Arrays.stream(linear.weights).map(w -> sign * w).toArray();
    double[] values = new double[features.length / channels];
    for (int i = 0; i < features.length; i++) {
      values[i / channels] += features[i] * signed[i % channels];
    }
    return new ClassActivationMap(
        classIndex,
        pool.in().height(),
        pool.in().width(),
        values,
        signed,
        sign * linear.bias,
        sign * maps.output(classifier)[output],
        network.head().hidden() == 0);
  }

  /** The head as one column, which with a hidden layer holds for one image. */
  private record Linear(double[] weights, double bias) {}

  private static Linear linear(FeatureMaps maps, Weights weights, int output) {
    MobileNetV1 network = maps.network();
    float[] kernel = weights.get(network.classifier(), Role.KERNEL);
    double bias = weights.get(network.classifier(), Role.BIAS)[output];
    int outputs = network.outputs();
    double[] column = new double[kernel.length / outputs];
    for (int i = 0; i < column.length; i++) {
      column[i] = kernel[i * outputs + output];
    }
    Layer first = network.headLayers().getFirst();
    if (!(first instanceof Layer.Dense hidden)) {
      return new Linear(column, bias);
    }
    double[] pooled = means(maps.input(network.pool()), network.features());
    float[] before = weights.get(hidden, Role.KERNEL);
    float[] biases = weights.get(hidden, Role.BIAS);
    double[] effective = new double[pooled.length];
    for (int h = 0; h < column.length; h++) {
      double sum = biases[h];
      for (int k = 0; k < pooled.length; k++) {
        sum += pooled[k] * before[k * column.length + h];
      }
      if (sum > 0) {
        bias += column[h] * biases[h];
        for (int k = 0; k < pooled.length; k++) {
          effective[k] += column[h] * before[k * column.length + h];
        }
      }
    }
    return new Linear(effective, bias);
  }

  private static double[] means(float[] maps, int channels) {
    double[] means = new double[channels];
    for (int i = 0; i < maps.length; i++) {
      means[i % channels] += maps[i];
    }
    int area = maps.length / channels;
    return Arrays.stream(means).map(sum -> sum / area).toArray();
  }

  /** Returns the mean of the map: what the image adds to the bias. */
  public double mean() {
    return Arrays.stream(values).average().orElseThrow();
  }

  /** Returns bias plus mean: the logit. */
  public double logit() {
    return bias + mean();
  }

  /**
   * Returns {@code computed − logit()}: what is lost in float32, about 10⁻⁶ of the logit, or by the
   * rounding to integers behind the map.
   */
  public double rounding() {
    return computed - logit();
  }
}

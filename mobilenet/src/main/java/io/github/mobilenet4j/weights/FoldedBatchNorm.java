package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Parameter;
import io.github.mobilenet4j.network.Role;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The BatchNorm that changes nothing but adds a bias, for files whose BatchNorm has been multiplied
 * into the kernels: γ = 1, β = bias, mean = 0, variance = 1 − ε. Folding it in double precision and
 * rounding to float gives the file's own kernel and bias again, bit for bit: the variance, a float,
 * is off by less than 2⁻²⁵, hence 1/√(variance + ε) is off by less than 2⁻²⁶, less than half a unit
 * in the last place of any float.
 */
public final class FoldedBatchNorm {
  /** ε of a network of which nothing else is known: TensorFlow's. */
  public static final double EPSILON = 1e-3;

  private FoldedBatchNorm() {}

  /**
   * Adds a convolution's five tensors by canonical name, for a network with {@link #EPSILON}.
   *
   * @param to receives them
   * @param kernel in this library's layout
   * @param bias one value for each channel out
   */
  public static void put(
      Map<String, float[]> to, Layer.Convolution layer, float[] kernel, float[] bias) {
    put(to, layer, kernel, bias, EPSILON);
  }

  /**
   * Adds a convolution's five tensors by canonical name.
   *
   * @param to receives them
   * @param kernel in this library's layout
   * @param bias one value for each channel out
   * @param epsilon the network's ε
   */
  public static void put(
      Map<String, float[]> to,
      Layer.Convolution layer,
      float[] kernel,
      float[] bias,
      double epsilon) {
    for (Role role : Role.values()) {
      float[] values =
          switch (role) {
            case KERNEL -> kernel;
            case GAMMA -> filled(bias.length, 1);
            case BETA -> bias;
            case MEAN -> filled(bias.length, 0);
            case VARIANCE -> filled(bias.length, (float) (1 - epsilon));
            case BIAS -> null;
          };
      if (values != null) {
        to.put(Parameter.name(layer, role), values);
      }
    }
  }

  /** Returns whether every BatchNorm of a network is one that changes nothing but adds a bias. */
  public static boolean isIn(MobileNetV1 network, Weights weights) {
    return network.parameters().stream()
        .allMatch(p ->
            switch (p.role()) {
              case GAMMA -> all(weights.get(p), 1);
              case MEAN -> all(weights.get(p), 0);
              case VARIANCE -> all(weights.get(p), (float) (1 - network.epsilon()));
              case KERNEL, BETA, BIAS -> true;
            });
  }

  /**
   * Returns weights that do with another ε what these do with the network's: variances make up for
   * the difference. One of 1 − ε, as it stands in a BatchNorm that changes nothing, becomes exactly
   * that of the other ε.
   */
  static Weights withEpsilon(MobileNetV1 network, Weights weights, double other) {
    double epsilon = network.epsilon();
    Map<String, float[]> values = new HashMap<>();
    for (Parameter p : network.parameters()) {
      float[] from = weights.get(p);
      if (p.role() == Role.VARIANCE && epsilon != other) {
        float[] moved = new float[from.length];
        for (int i = 0; i < moved.length; i++) {
          moved[i] =
              from[i] == (float) (1 - epsilon)
                  ? (float) (1 - other)
                  : (float) (from[i] + (epsilon - other));
        }
        from = moved;
      }
      values.put(p.name(), from);
    }
    return new Weights("another epsilon", network, values);
  }

  private static boolean all(float[] values, float value) {
    for (float v : values) {
      if (v != value) {
        return false;
      }
    }
    return true;
  }

  /**
   * Adds a depthwise convolution that changes nothing, for sources without it: the head of timm's
   * {@code 100h} is a pointwise convolution alone ({@link MobileNetV1.Backbone#HEADED}).
   *
   * @param to receives them
   * @param epsilon the network's ε
   */
  public static void putIdentity(Map<String, float[]> to, Layer.Depthwise layer, double epsilon) {
    int channels = layer.out().channels();
    float[] kernel = new float[9 * channels];
    Arrays.fill(kernel, 4 * channels, 5 * channels, 1);
    put(to, layer, kernel, new float[channels], epsilon);
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }
}

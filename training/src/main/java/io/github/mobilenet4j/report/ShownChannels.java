package io.github.mobilenet4j.report;

import io.github.mobilenet4j.explanation.ClassActivationMap;
import io.github.mobilenet4j.explanation.FeatureMaps;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Logits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which channels of a layer are shown: those that vary most over the image, of the last ones those
 * that say most of the most probable class. A depthwise convolution has the channels of its input.
 */
final class ShownChannels {
  private static final int MOST = 16;

  /** Values of one layer's maps that are shown together, of an input of 224×224. */
  private static final int VALUES = 100_352;

  private static final int PIXELS = 224 * 224;

  private ShownChannels() {}

  /** Returns the channels of each layer up to the pooling, in the order of the layers. */
  static List<List<Integer>> of(FeatureMaps maps, Optional<ClassActivationMap> best) {
    List<List<Integer>> shown = new ArrayList<>();
    List<Layer> layers = maps.network().layers();
    int pool = layers.indexOf(maps.network().pool());
    // What the image itself takes of the page is not left for its maps.
    long values = (long) VALUES * PIXELS / Math.max(PIXELS, maps.network().input().area());
    for (Layer layer : layers.subList(0, pool)) {
      if (layer instanceof Layer.Depthwise) {
        shown.add(shown.getLast());
        continue;
      }
      boolean last = shown.size() == pool - 1 && best.isPresent();
      float[] scores = last ? shares(maps, best.get()) : variances(maps.output(layer), layer);
      int count = Math.clamp(values / layer.out().area(), 1, Math.min(MOST, scores.length));
      shown.add(Logits.top(scores, count));
    }
    return shown;
  }

  /** Returns how much each feature adds to or takes from a logit. */
  private static float[] shares(FeatureMaps maps, ClassActivationMap best) {
    float[] features = maps.output(maps.network().pool());
    float[] shares = new float[features.length];
    for (int k = 0; k < shares.length; k++) {
      shares[k] = (float) Math.abs(best.weights()[k] * features[k]);
    }
    return shares;
  }

  private static float[] variances(float[] output, Layer layer) {
    int channels = layer.out().channels();
    double[] sums = new double[channels];
    double[] squares = new double[channels];
    for (int i = 0; i < output.length; i++) {
      sums[i % channels] += output[i];
      squares[i % channels] += (double) output[i] * output[i];
    }
    float[] variances = new float[channels];
    for (int c = 0; c < channels; c++) {
      double mean = sums[c] / layer.out().area();
      variances[c] = (float) (squares[c] / layer.out().area() - mean * mean);
    }
    return variances;
  }
}

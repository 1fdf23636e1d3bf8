package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs networks on images and looks at what comes out of every layer. What is found does not depend
 * on the number of threads.
 *
 * @param network without its weights
 * @param images of the network's size
 * @param threads that compute
 */
record Observation(MobileNetV1 network, List<RgbImage> images, int threads) {
  /** For the outputs of all layers. */
  private static final long MOST_BYTES = 128 << 20;

  private static final int MOST_IMAGES = 16;

  /** Weights and what pixels go through before them. */
  record Side(Weights weights, Preprocessing preprocessing) {}

  /** Receives the outputs of some images. */
  interface Reader {
    /**
     * @param layer one of the network's, each in turn
     * @param images how many
     * @param outputs of each side, {@code [images, height, width, channels]}
     */
    void read(Layer layer, int images, List<float[]> outputs);
  }

  /** What the values of a layer's output are. */
  static final class Extremes {
    private final float[] largest;
    private final double[] sums;
    private double least = Double.POSITIVE_INFINITY;
    private long positions;

    private Extremes(Layer layer) {
      largest = new float[layer.out().channels()];
      Arrays.fill(largest, Float.NEGATIVE_INFINITY);
      sums = new double[largest.length];
    }

    private void add(float[] values, int count) {
      int channels = largest.length;
      for (int i = 0; i < count; i += channels) {
        for (int c = 0; c < channels; c++) {
          float value = values[i + c];
          largest[c] = Math.max(largest[c], value);
          least = Math.min(least, value);
          sums[c] += value;
        }
      }
      positions += count / channels;
    }

    /** Returns the largest value of each channel. */
    float[] largest() {
      return largest;
    }

    /** Returns the mean of each channel. */
    double[] means() {
      return Arrays.stream(sums).map(sum -> sum / positions).toArray();
    }

    Range range() {
      double most = Double.NEGATIVE_INFINITY;
      for (float value : largest) {
        most = Math.max(most, value);
      }
      return new Range(least, most);
    }
  }

  /** Runs networks of the same layers side by side. */
  void run(List<Side> sides, Reader reader) {
    List<Layer> layers = network.layers();
    long each = layers.stream().mapToLong(layer -> layer.out().size()).sum() * Float.BYTES;
    int batch = Math.clamp(MOST_BYTES / (each * sides.size()), 1, MOST_IMAGES);
    int size = Math.toIntExact(network.input().size());
    float[] x = new float[batch * size];
    List<Map<Layer, float[]>> outputs = new ArrayList<>();
    List<Session> sessions = new ArrayList<>();
    try {
      for (Side side : sides) {
        sessions.add(Session.of(network, side.weights, batch, threads));
        Map<Layer, float[]> of = new LinkedHashMap<>();
        for (Layer layer : layers) {
          of.put(layer, new float[batch * (int) layer.out().size()]);
        }
        outputs.add(of);
      }
      for (int first = 0; first < images.size(); first += batch) {
        int n = Math.min(batch, images.size() - first);
        for (int s = 0; s < sides.size(); s++) {
          for (int i = 0; i < n; i++) {
            sides.get(s).preprocessing.scale(images.get(first + i), x, i * size);
          }
          sessions.get(s).run(x, n, outputs.get(s));
        }
        for (Layer layer : layers) {
          reader.read(layer, n, outputs.stream().map(of -> of.get(layer)).toList());
        }
      }
    } finally {
      sessions.forEach(Session::close);
    }
  }

  /** Returns the mean of each channel of the input. */
  double[] pixelMeans(Preprocessing preprocessing) {
    int channels = network.channels();
    int size = Math.toIntExact(network.input().size());
    float[] x = new float[size];
    double[] means = new double[channels];
    for (RgbImage image : images) {
      preprocessing.scale(image, x, 0);
      for (int i = 0; i < size; i++) {
        means[i % channels] += x[i];
      }
    }
    double count = (double) images.size() * size / channels;
    return Arrays.stream(means).map(sum -> sum / count).toArray();
  }

  /** Returns the extremes of every layer's output. */
  Map<Layer, Extremes> extremes(Side side) {
    Map<Layer, Extremes> all = new LinkedHashMap<>();
    network.layers().forEach(layer -> all.put(layer, new Extremes(layer)));
    run(
        List.of(side),
        (layer, n, outputs) ->
            all.get(layer).add(outputs.getFirst(), n * (int) layer.out().size()));
    return all;
  }

  /**
   * Returns how every layer's outputs are distributed.
   *
   * @param extremes of the same side
   */
  Map<Layer, Distribution> distributions(Side side, Map<Layer, Extremes> extremes) {
    Map<Layer, Distribution> all = new LinkedHashMap<>();
    extremes.forEach((layer, of) -> all.put(layer, new Distribution(of.range())));
    run(
        List.of(side),
        (layer, n, outputs) ->
            all.get(layer).add(outputs.getFirst(), n * (int) layer.out().size()));
    return all;
  }

  /** Returns the signal to noise of every layer, in dB: the first side is the signal. */
  Map<Layer, Double> signalToNoise(Side signal, Side noisy) {
    Map<Layer, double[]> sums = new LinkedHashMap<>();
    run(
        List.of(signal, noisy),
        (layer, n, outputs) -> {
          double[] sum = sums.computeIfAbsent(layer, _ -> new double[2]);
          float[] expected = outputs.getFirst();
          float[] found = outputs.getLast();
          for (int i = 0; i < n * (int) layer.out().size(); i++) {
            double difference = (double) expected[i] - found[i];
            sum[0] += (double) expected[i] * expected[i];
            sum[1] += difference * difference;
          }
        });
    Map<Layer, Double> ratios = new LinkedHashMap<>();
    sums.forEach((layer, sum) -> ratios.put(layer, 10 * Math.log10(sum[0] / sum[1])));
    return ratios;
  }
}

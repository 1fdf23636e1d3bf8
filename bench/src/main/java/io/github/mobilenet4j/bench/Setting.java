package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Model;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * What the engines are compared on.
 *
 * @param alpha width multiplier
 * @param resolution input height and width
 * @param batch pictures in a call
 * @param threads threads of each engine
 */
record Setting(double alpha, int resolution, int batch, int threads) {
  Setting {
    if (batch < 1 || threads < 1) {
      throw new MobileNetException(
          "batch is %s and threads %s, expected >= 1".formatted(batch, threads));
    }
  }

  /** The options that choose a setting. */
  static final class Options {
    @Option(names = "--alpha", paramLabel = "A", description = "Width multiplier.")
    private Double alpha;

    @Option(names = "--resolution", paramLabel = "R", description = "Input height and width.")
    private Integer resolution;

    @Option(names = "--batch", paramLabel = "N", description = "Pictures in a call.")
    private Integer batch;

    @Option(names = "--threads", paramLabel = "T", description = "Threads of each engine.")
    private Integer threads;

    /** Returns the usual settings, or the chosen one; what it leaves out is the first one's. */
    List<Setting> settings(List<Setting> usual) {
      if (Stream.of(alpha, resolution, batch, threads).allMatch(Objects::isNull)) {
        return usual;
      }
      Setting first = usual.getFirst();
      return List.of(
          new Setting(
              Objects.requireNonNullElse(alpha, first.alpha),
              Objects.requireNonNullElse(resolution, first.resolution),
              Objects.requireNonNullElse(batch, first.batch),
              Objects.requireNonNullElse(threads, first.threads)));
    }
  }

  /** Returns the setting of a model, a picture at a time on one thread. */
  static Setting of(Model model) {
    MobileNetV1 network = model.network();
    return new Setting(network.widthMultiplier(), network.height(), 1, 1);
  }

  /** Returns TensorFlow's network for integers, and the tutorial's for floats. */
  MobileNetV1 network(Precision precision) {
    return precision == Precision.INT8
        ? MobileNetV1.builder().widthMultiplier(alpha).resolution(resolution).build()
        : network();
  }

  /**
   * Returns the tutorial's network. Its ReLU and padding are the peers' best case: ONNX Runtime
   * needs a tenth more for ReLU6, and LibTorch has no padding of different sizes.
   */
  MobileNetV1 network() {
    return MobileNetV1.builder()
        .widthMultiplier(alpha)
        .resolution(resolution)
        .activation(Activation.RELU)
        .padding(Padding.SYMMETRIC)
        .build();
  }

  /** Returns the members of a JSON object. */
  String json() {
    return "\"alpha\":%s,\"resolution\":%s,\"batch\":%s,\"threads\":%s"
        .formatted(alpha, resolution, batch, threads);
  }

  @Override
  public String toString() {
    return "alpha %s, %s×%s, batch %s, threads %s"
        .formatted(alpha, resolution, resolution, batch, threads);
  }
}

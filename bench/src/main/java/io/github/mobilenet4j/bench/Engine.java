package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.quantization.Quantizer;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** One way to run a network, made ready for one input. */
interface Engine extends AutoCloseable {

  /**
   * What is to be run.
   *
   * @param model network and weights; labels and preprocessing are nothing that an engine looks at
   * @param floats the model before it was quantised, or the same
   * @param precision what an engine computes in
   * @param x {@code [batch, H, W, 3]}; an engine of another layout makes its own copy beforehand
   * @param batch pictures in x
   * @param threads threads that the engine may use
   */
  record Job(Model model, Model floats, Precision precision, float[] x, int batch, int threads) {
    /** Returns a job in float32 with seeded random weights and normally distributed input. */
    static Job random(MobileNetV1 network, int batch, int threads) {
      return of(network, RandomWeights.of(network, 2), input(network, batch), batch, threads);
    }

    /** Returns a job in float32. */
    static Job of(MobileNetV1 network, Weights.Trained weights, float[] x, int batch, int threads) {
      Labels labels = Labels.numbered(network.classes());
      Model model = new Model(network, weights, Preprocessing.TENSORFLOW, labels, Map.of());
      return new Job(model, model, Precision.FLOAT32, x, batch, threads);
    }

    /** Returns a job with what a file holds. */
    static Job of(Model model, Precision precision, int batch, int threads) {
      Model logits = withoutSoftmax(model);
      return new Job(logits, logits, precision, input(model.network(), batch), batch, threads);
    }

    /** Returns the same in another precision; for integers the network is quantised by itself. */
    Job in(Precision another) {
      Model made = another == Precision.INT8 ? quantized(model) : model;
      return new Job(made, floats, another, x, batch, threads);
    }

    /** Returns the same before it was quantised. */
    Job inFloat32() {
      return new Job(floats, floats, Precision.FLOAT32, x, batch, threads);
    }

    private static Model quantized(Model model) {
      MobileNetV1 network = model.network();
      byte[] rgb = new byte[Math.toIntExact(network.input().size())];
      new SplittableRandom(4).nextBytes(rgb);
      RgbImage image = new RgbImage(network.height(), network.width(), rgb);
      return withoutSoftmax(new Quantizer().quantize(model, List.of(image)).model());
    }

    /** Returns integers whose output are the logits, as that of the other engines. */
    private static Model withoutSoftmax(Model model) {
      if (!(model.weights() instanceof Weights.Quantized integers)) {
        return model;
      }
      MobileNetV1 network = model.network();
      Weights.Quantized.Ends ends = integers.ends();
      return new Model(
          network,
          new Weights.Quantized(
              network,
              integers.type(),
              integers.input(),
              network.layers().stream()
                  .filter(layer -> layer.kernelValues() > 0)
                  .collect(Collectors.toMap(Layer::name, integers::layer)),
              new Weights.Quantized.Ends(
                  ends.inputType(),
                  ends.pooled(),
                  ends.mean(),
                  Optional.empty(),
                  ends.outputType())),
          model.preprocessing(),
          model.labels(),
          model.metadata());
    }

    private static float[] input(MobileNetV1 network, int batch) {
      float[] x = new float[Math.toIntExact(batch * network.input().size())];
      RandomGenerator random = new SplittableRandom(1);
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
      }
      return x;
    }

    MobileNetV1 network() {
      return model.network();
    }

    /** Returns the weights with BatchNorm apart, which a random job has. */
    Weights.Trained weights() {
      return (Weights.Trained) model.weights();
    }
  }

  /** Computes the logits of the whole input once. */
  void run();

  /** Returns {@code [batch, classes]} of the last run; may copy. */
  float[] logits();

  @Override
  void close();

  /** Returns max |a − b| / max |a|. */
  static double difference(float[] a, float[] b) {
    double most = 0;
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
      largest = Math.max(largest, Math.abs(a[i]));
    }
    return most / largest;
  }
}

package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Weights;
import io.github.mobilenet4j.weights.Weights.Quantized.Ends;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes integers of 8 bits of a model's floats, by looking at what its layers compute of some
 * images.
 *
 * <p>Activations become int8 with a scale and a zero point each, kernels symmetric int8, biases
 * int32, and the arithmetic is that of TensorFlow Lite. BatchNorm is folded in first. Pixels of 8
 * bits go in as they are ({@link io.github.mobilenet4j.weights.Weights.Quantized#input}); where the
 * preprocessing does not allow that, the result has another, and a stem that makes up for it.
 *
 * <pre>{@code
 * QuantizationResult result = new Quantizer().equalize(true).quantize(model, images);
 * result.layers().forEach(l -> System.out.println(l.layer().name() + " " + l.signalToNoise()));
 * }</pre>
 *
 * <p>The result is the same, to the bit, for any number of threads. Not safe for use by several.
 */
public final class Quantizer {
  /** The metadata that says how a model was quantised. */
  public static final String QUANTIZATION = "quantization";

  /** Of probabilities, as TensorFlow Lite's softmax has it. */
  private static final Quantization PROBABILITIES = new Quantization(1 / 256f, Byte.MIN_VALUE);

  private Granularity granularity = Granularity.PER_CHANNEL;
  private Calibration calibration = Calibration.MINMAX;
  private boolean equalize;
  private boolean biasCorrection;
  private int threads = 1;

  /** Begins with the defaults. */
  public Quantizer() {}

  /** What of a kernel shares a scale; default {@link Granularity#PER_CHANNEL}. */
  public Quantizer granularity(Granularity value) {
    granularity = value;
    return this;
  }

  /** Which range of the activations is covered; default {@link Calibration#MINMAX}. */
  public Quantizer calibration(Calibration value) {
    calibration = value;
    return this;
  }

  /**
   * Whether the channels of each kernel are first brought to about the same range (cross-layer
   * equalisation, arXiv:1906.04721, section 4.1), as far as ReLU6 allows it; default no.
   */
  public Quantizer equalize(boolean value) {
    equalize = value;
    return this;
  }

  /**
   * Whether biases make up for what rounding the kernels changes of mean outputs (arXiv:1906.04721,
   * section 4.2); default no.
   */
  public Quantizer biasCorrection(boolean value) {
    biasCorrection = value;
    return this;
  }

  /** Threads that compute, ≥ 1; default one. */
  public Quantizer threads(int value) {
    threads = value;
    return this;
  }

  /**
   * Quantises a model.
   *
   * @param model its weights are floats
   * @param images such as it will see, of any size, one or more; a hundred are many
   * @throws MobileNetException if there is no image, the weights are integers already or not
   *     finite, or what the network computes of an image is not
   */
  public QuantizationResult quantize(Model model, List<RgbImage> images) {
    if (images.isEmpty()) {
      throw new MobileNetException("there is no image to calibrate on");
    }
    MobileNetV1 network = model.network();
    Map<String, float[]> values = floats(model);
    Preprocessing before = model.preprocessing();
    Observation observation =
        new Observation(
            network,
            images.stream()
                .map(image -> before.fit(image, network.height(), network.width()))
                .toList(),
            threads);
    if (equalize) {
      Map<Layer, float[]> largest = new HashMap<>();
      observation
          .extremes(new Observation.Side(new Weights.Folded(values), before))
          .forEach((layer, extremes) -> largest.put(layer, extremes.largest()));
      new Equalization(network, values).apply(largest);
    }
    Observation.Side floats = new Observation.Side(new Weights.Folded(values), before);
    PixelInput input = PixelInput.of(before);
    Weights.Quantized integers = integers(network, values, input, observation, floats);
    Map<Layer, Double> ratios =
        observation.signalToNoise(floats, new Observation.Side(integers, input.preprocessing()));
    Map<String, String> metadata = new HashMap<>(model.metadata());
    metadata.remove(Model.INTEGERS);
    metadata.put(QUANTIZATION, description(images.size()));
    return new QuantizationResult(
        new Model(network, integers, input.preprocessing(), model.labels(), metadata),
        images.size(),
        network.layers().stream()
            .map(layer -> new LayerLoss(layer, integers.after(layer), ratios.get(layer)))
            .toList());
  }

  /** Returns copies of kernels and biases. */
  private static Map<String, float[]> floats(Model model) {
    Weights.Folded folded =
        switch (model.weights()) {
          case Weights.Trained trained -> trained.folded(model.network());
          case Weights.Folded already -> already;
          case Weights.Quantized _ ->
              throw new MobileNetException("the weights are integers already, expected floats");
        };
    Map<String, float[]> copies = new LinkedHashMap<>();
    folded.values().forEach((name, array) -> copies.put(name, array.clone()));
    return copies;
  }

  private Weights.Quantized integers(
      MobileNetV1 network,
      Map<String, float[]> values,
      PixelInput input,
      Observation observation,
      Observation.Side floats) {
    Map<Layer, Observation.Extremes> extremes = observation.extremes(floats);
    Map<Layer, Quantization> outputs = new HashMap<>();
    if (calibration == Calibration.MINMAX) {
      extremes.forEach((layer, of) -> outputs.put(layer, of.range().int8()));
    } else {
      observation
          .distributions(floats, extremes)
          .forEach((layer, of) -> outputs.put(layer, calibration.range(of).int8()));
    }
    KernelIntegers kernels = new KernelIntegers(granularity, biasCorrection);
    Map<String, QuantizedLayer> layers = new HashMap<>();
    Quantization at = input.quantization();
    double[] means = observation.pixelMeans(input.preprocessing());
    for (Layer layer : network.layers()) {
      Quantization output = outputs.get(layer);
      if (layer.kernelValues() > 0) {
        float[] kernel = values.get(Parameter.name(layer, Role.KERNEL)).clone();
        float[] bias = values.get(Parameter.name(layer, Role.BIAS)).clone();
        if (layer instanceof Layer.Standard) {
          input.adapt(floats.preprocessing(), layer, kernel, bias);
        }
        layers.put(
            layer.name(),
            kernels.of(layer, new KernelIntegers.Floats(kernel, bias, means), at, output));
      }
      at = output;
      means = extremes.get(layer).means();
    }
    Ends ends =
        new Ends(
            DataType.I8,
            outputs.get(network.pool()),
            true,
            network.hasClassifier() && network.head().activation() == ClassifierActivation.SOFTMAX
                ? Optional.of(PROBABILITIES)
                : Optional.empty(),
            DataType.I8);
    return new Weights.Quantized(network, DataType.I8, input.quantization(), layers, ends);
  }

  private String description(int images) {
    return "int8, %s, %s of %s images%s%s"
        .formatted(
            granularity == Granularity.PER_CHANNEL ? "per channel" : "per tensor",
            switch (calibration) {
              case MINMAX -> "minmax";
              case PERCENTILE -> "percentile";
              case MSE -> "mse";
            },
            images,
            equalize ? ", equalized" : "",
            biasCorrection ? ", biases corrected" : "");
  }
}

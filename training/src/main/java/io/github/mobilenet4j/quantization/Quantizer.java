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
    Map<Layer, Output> outputs = outputs(observation, floats);
    double[] means = observation.pixelMeans(PixelInput.of(before).preprocessing());
    Model integers = integers(model, values, outputs, means, description(images.size()));
    Map<Layer, Double> ratios =
        observation.signalToNoise(
            floats, new Observation.Side(integers.weights(), integers.preprocessing()));
    return new QuantizationResult(
        integers,
        images.size(),
        network.layers().stream()
            .map(layer -> new LayerLoss(layer, outputs.get(layer).quantization, ratios.get(layer)))
            .toList());
  }

  /**
   * Quantises a model whose layers' ranges are known, as after a training that rounds.
   *
   * @param model its weights are floats
   * @param ranges the least and the greatest value of each layer's output, {@code [2]}, by the
   *     layer's name
   * @throws MobileNetException if a range is missing, the weights are integers already or not
   *     finite, or this is to equalise or to correct biases, for which images are needed
   */
  public Model quantize(Model model, Map<String, float[]> ranges) {
    if (equalize || biasCorrection) {
      throw new MobileNetException("to equalise or to correct biases, images are needed");
    }
    MobileNetV1 network = model.network();
    Map<Layer, Output> outputs = new HashMap<>();
    for (Layer layer : network.layers()) {
      float[] range = ranges.get(layer.name());
      if (range == null) {
        throw new MobileNetException("there is no range of " + layer.name());
      }
      // Means are needed to correct biases only.
      double[] means = new double[layer.out().channels()];
      outputs.put(layer, new Output(new Range(range[0], range[1]).int8(), means));
    }
    double[] unknown = new double[network.channels()];
    return integers(model, floats(model), outputs, unknown, scales() + ", learned in training");
  }

  /**
   * Returns a model whose pixels need no rounding as integers, and that computes the same, except
   * for what lies beyond the border of an image: that is a pixel's value now. Such a model becomes
   * integers without another change of its preprocessing.
   *
   * @param model its weights are floats
   */
  public static Model withWholePixels(Model model) {
    PixelInput input = PixelInput.of(model.preprocessing());
    if (input.preprocessing().equals(model.preprocessing())) {
      return model;
    }
    MobileNetV1 network = model.network();
    // Also where convert had to write folded weights with a BatchNorm: they stay such.
    Weights weights =
        model.weights() instanceof Weights.Trained trained && !trained.addsBiasesOnly(network)
            ? trained
            : model.weights().folded(network);
    Layer stem = network.stem();
    float[] kernel = weights.get(stem, Role.KERNEL).clone();
    float[] more = new float[stem.out().channels()];
    input.adapt(model.preprocessing(), stem, kernel, more);
    Map<String, float[]> values = new HashMap<>(weights.values());
    values.put(Parameter.name(stem, Role.KERNEL), kernel);
    boolean trained = weights instanceof Weights.Trained;
    // BatchNorm subtracts the mean of what has no bias.
    String offset = Parameter.name(stem, trained ? Role.MEAN : Role.BIAS);
    float[] offsets = values.get(offset).clone();
    for (int k = 0; k < offsets.length; k++) {
      offsets[k] += trained ? -more[k] : more[k];
    }
    values.put(offset, offsets);
    return new Model(
        network,
        trained ? new Weights.Trained(values) : new Weights.Folded(values),
        input.preprocessing(),
        model.labels(),
        model.metadata(),
        model.confidence());
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

  /**
   * What the integers of a layer's output are to stand for.
   *
   * @param means of its channels
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Output(Quantization quantization, double[] means) {}

  /** Measures all layers. */
  private Map<Layer, Output> outputs(Observation observation, Observation.Side floats) {
    Map<Layer, Observation.Extremes> extremes = observation.extremes(floats);
    Map<Layer, Output> outputs = new HashMap<>();
    if (calibration == Calibration.MINMAX) {
      extremes.forEach(
          (layer, of) -> outputs.put(layer, new Output(of.range().int8(), of.means())));
    } else {
      observation
          .distributions(floats, extremes)
          .forEach((layer, of) ->
              outputs.put(
                  layer, new Output(calibration.range(of).int8(), extremes.get(layer).means())));
    }
    return outputs;
  }

  /**
   * Returns the model in integers.
   *
   * @param values kernels and biases, by canonical name
   * @param pixelMeans of the channels of the input
   * @param description of how, for the metadata
   */
  private Model integers(
      Model model,
      Map<String, float[]> values,
      Map<Layer, Output> outputs,
      double[] pixelMeans,
      String description) {
    MobileNetV1 network = model.network();
    PixelInput input = PixelInput.of(model.preprocessing());
    KernelIntegers kernels = new KernelIntegers(granularity, biasCorrection);
    Map<String, QuantizedLayer> layers = new HashMap<>();
    Quantization at = input.quantization();
    double[] means = pixelMeans;
    for (Layer layer : network.layers()) {
      Quantization output = outputs.get(layer).quantization;
      if (layer.kernelValues() > 0) {
        float[] kernel = values.get(Parameter.name(layer, Role.KERNEL)).clone();
        float[] bias = values.get(Parameter.name(layer, Role.BIAS)).clone();
        if (layer instanceof Layer.Standard) {
          input.adapt(model.preprocessing(), layer, kernel, bias);
        }
        layers.put(
            layer.name(),
            kernels.of(layer, new KernelIntegers.Floats(kernel, bias, means), at, output));
      }
      at = output;
      means = outputs.get(layer).means;
    }
    Ends ends =
        new Ends(
            DataType.I8,
            outputs.get(network.pool()).quantization,
            true,
            network.hasClassifier() && network.head().activation() == ClassifierActivation.SOFTMAX
                ? Optional.of(PROBABILITIES)
                : Optional.empty(),
            DataType.I8);
    Map<String, String> metadata = new HashMap<>(model.metadata());
    metadata.remove(Model.INTEGERS);
    metadata.put(QUANTIZATION, description);
    return new Model(
        network,
        new Weights.Quantized(network, DataType.I8, input.quantization(), layers, ends),
        input.preprocessing(),
        model.labels(),
        metadata,
        model.confidence());
  }

  private String scales() {
    return granularity == Granularity.PER_CHANNEL ? "int8, per channel" : "int8, per tensor";
  }

  private String description(int images) {
    return "%s, %s of %s images%s%s"
        .formatted(
            scales(),
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

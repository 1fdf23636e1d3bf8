package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.RecordJson;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Quantised weights in a {@link ModelFile}: of each layer with a kernel the tensors {@code
 * NAME.kernel} (int8 or uint8), {@code NAME.bias} (int32) and {@code NAME.scales} (float32, one or
 * one of each output channel), and as JSON what else there is, where a scale is the shortest double
 * that is the float.
 */
final class QuantizedTensors {
  private static final String SCALES = ".scales";

  private static final Map<String, Type> QUANTIZATION =
      Map.of("scale", double.class, "zero_point", int.class);

  private static final Map<String, Type> LAYER = layerFields();
  private static final Map<String, Type> WHOLE = wholeFields();

  private QuantizedTensors() {}

  private static Map<String, Type> layerFields() {
    Map<String, Type> fields = new LinkedHashMap<>();
    fields.put("zero_point", int.class);
    fields.put("output", Map.class);
    fields.put("product", QuantizedLayer.Product.class);
    fields.put("rounding", QuantizedLayer.Rounding.class);
    return fields;
  }

  private static Map<String, Type> wholeFields() {
    Map<String, Type> fields = new LinkedHashMap<>();
    fields.put("activations", DataType.class);
    fields.put("input", Map.class);
    fields.put("input_type", DataType.class);
    fields.put("pooled", Map.class);
    fields.put("mean", boolean.class);
    fields.put("probabilities", Map.class);
    fields.put("output_type", DataType.class);
    fields.put("layers", Map.class);
    return fields;
  }

  /** Returns the tensors of weights, in the order of the layers. */
  static Map<String, Tensor> tensors(MobileNetV1 network, Weights.Quantized weights) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Layer layer : network.layers()) {
      QuantizedLayer integers = weights.layer(layer);
      if (integers == null) {
        continue;
      }
      int channels = integers.channels();
      ByteBuffer bias =
          ByteBuffer.allocate(Math.multiplyExact(channels, Integer.BYTES))
              .order(ByteOrder.LITTLE_ENDIAN);
      bias.asIntBuffer().put(integers.bias());
      tensors.put(
          Parameter.name(layer, Role.KERNEL),
          new Tensor(integers.type(), kernelShape(layer), ByteBuffer.wrap(integers.kernel())));
      tensors.put(
          Parameter.name(layer, Role.BIAS), new Tensor(DataType.I32, List.of(channels), bias));
      tensors.put(
          layer.name() + SCALES,
          Tensor.of(DataType.F32, List.of(integers.scales().length), integers.scales()));
    }
    return tensors;
  }

  private static List<Integer> kernelShape(Layer layer) {
    return layer.foldedParameters().getFirst().shape();
  }

  /** Returns what tensors do not say. */
  static String json(MobileNetV1 network, Weights.Quantized weights) {
    Map<String, Object> layers = new LinkedHashMap<>();
    for (Layer layer : network.layers()) {
      QuantizedLayer integers = weights.layer(layer);
      if (integers != null) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("zero_point", integers.zeroPoint());
        fields.put("output", json(integers.output()));
        fields.put("product", lowerCase(integers.product()));
        fields.put("rounding", lowerCase(integers.rounding()));
        layers.put(layer.name(), fields);
      }
    }
    Weights.Quantized.Ends ends = weights.ends();
    Map<String, Object> whole = new LinkedHashMap<>();
    whole.put("activations", lowerCase(weights.type()));
    whole.put("input", json(weights.input()));
    whole.put("input_type", lowerCase(ends.inputType()));
    whole.put("pooled", json(ends.pooled()));
    whole.put("mean", ends.mean());
    whole.put("probabilities", ends.probabilities().map(QuantizedTensors::json).orElse(Map.of()));
    whole.put("output_type", lowerCase(ends.outputType()));
    whole.put("layers", layers);
    return Json.text(whole);
  }

  private static Map<String, Object> json(Quantization quantization) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("scale", (double) quantization.scale());
    fields.put("zero_point", quantization.zeroPoint());
    return fields;
  }

  private static String lowerCase(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns weights.
   *
   * @param source where they come from, for messages
   * @param key the name of the JSON, for messages
   * @param json what {@link #json} returned
   * @throws MobileNetException naming what is missing or wrong
   */
  static Weights.Quantized read(
      String source, MobileNetV1 network, String key, String json, Map<String, Tensor> tensors) {
    Map<String, Object> whole = RecordJson.fields(key, WHOLE, Json.parse(key, json));
    Map<?, ?> layers = (Map<?, ?>) whole.get("layers");
    check(source, network, tensors);
    Map<String, QuantizedLayer> integers = new LinkedHashMap<>();
    for (Layer layer : network.layers()) {
      if (layer.kernelValues() > 0) {
        String name = key + ".layers." + layer.name();
        integers.put(layer.name(), layer(layer, name, layers.get(layer.name()), tensors));
      }
    }
    if (layers.size() != integers.size()) {
      throw new MobileNetException(
          "%s.layers has %s layers, expected %s".formatted(key, layers.size(), integers.size()));
    }
    Map<?, ?> probabilities = (Map<?, ?>) whole.get("probabilities");
    return new Weights.Quantized(
        network,
        (DataType) whole.get("activations"),
        quantization(key + ".input", whole.get("input")),
        integers,
        new Weights.Quantized.Ends(
            (DataType) whole.get("input_type"),
            quantization(key + ".pooled", whole.get("pooled")),
            (boolean) whole.get("mean"),
            probabilities.isEmpty()
                ? Optional.empty()
                : Optional.of(quantization(key + ".probabilities", probabilities)),
            (DataType) whole.get("output_type")));
  }

  /** Names all tensors that are missing, extra or misshapen. */
  private static void check(String source, MobileNetV1 network, Map<String, Tensor> tensors) {
    Map<String, List<Integer>> expected = new LinkedHashMap<>();
    Map<String, List<Integer>> found = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> found.put(name, tensor.shape()));
    for (Layer layer : network.layers()) {
      if (layer.kernelValues() > 0) {
        String scales = layer.name() + SCALES;
        List<Integer> channels = List.of(layer.out().channels());
        expected.put(Parameter.name(layer, Role.KERNEL), kernelShape(layer));
        expected.put(Parameter.name(layer, Role.BIAS), channels);
        expected.put(scales, List.of(1).equals(found.get(scales)) ? List.of(1) : channels);
      }
    }
    ShapeCheck.check(source, expected, found);
  }

  private static QuantizedLayer layer(
      Layer layer, String name, Object json, Map<String, Tensor> tensors) {
    Map<String, Object> fields = RecordJson.fields(name, LAYER, json);
    Tensor kernel = tensors.get(Parameter.name(layer, Role.KERNEL));
    byte[] bytes = new byte[kernel.size()];
    // Of another type it is refused below; its first bytes do no harm.
    kernel.data().get(bytes);
    Tensor biases = typed(DataType.I32, Parameter.name(layer, Role.BIAS), tensors);
    int[] bias = new int[biases.size()];
    biases.data().asIntBuffer().get(bias);
    Tensor scales = typed(DataType.F32, layer.name() + SCALES, tensors);
    try {
      return new QuantizedLayer(
          kernel.type(),
          bytes,
          scales.floats(),
          (int) fields.get("zero_point"),
          bias,
          quantization(name + ".output", fields.get("output")),
          (QuantizedLayer.Product) fields.get("product"),
          (QuantizedLayer.Rounding) fields.get("rounding"));
    } catch (MobileNetException e) {
      throw e.in(layer.name());
    }
  }

  private static Tensor typed(DataType type, String name, Map<String, Tensor> tensors) {
    Tensor tensor = tensors.get(name);
    if (tensor.type() != type) {
      throw new MobileNetException(
          "%s is of type %s, expected %s".formatted(name, tensor.type(), type));
    }
    return tensor;
  }

  private static Quantization quantization(String name, Object json) {
    Map<String, Object> fields = RecordJson.fields(name, QUANTIZATION, json);
    try {
      return new Quantization((float) (double) fields.get("scale"), (int) fields.get("zero_point"));
    } catch (MobileNetException e) {
      throw e.in(name);
    }
  }
}

package io.github.mobilenet4j.formats.keras;

import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Tensor;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.WritableGroup;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a whole model as Keras 2 does: its layers as JSON, and a group of weights for each. */
public final class KerasWriter {
  /** The dataset that holds a model file's metadata, as JSON. */
  static final String METADATA = "mobilenet4j";

  private KerasWriter() {}

  /** Writes a model. */
  public static void write(Path path, Model model) {
    AtomicFile.write(
        path,
        out -> {
          // The library writes to paths only.
          Path file = Files.createTempFile("mobilenet4j", ".h5");
          try {
            write(
                file, model, Dialect.KERAS.tensors(model.network(), model.weights(), DataType.F32));
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            while (bytes.hasRemaining()) {
              out.write(bytes);
            }
          } finally {
            Files.deleteIfExists(file);
          }
        });
  }

  private static void write(Path file, Model model, Map<String, Tensor> tensors) {
    Map<String, List<String>> layers = new LinkedHashMap<>();
    tensors
        .keySet()
        .forEach(name ->
            layers
                .computeIfAbsent(name.substring(0, name.indexOf('/')), _ -> new ArrayList<>())
                .add(name));
    try (WritableHdfFile hdf = HdfFile.write(file)) {
      WritableGroup weights = hdf.putGroup("model_weights");
      for (WritableGroup group : List.of(hdf, weights)) {
        group.putAttribute("backend", "tensorflow");
        group.putAttribute("keras_version", "2.4.0");
      }
      hdf.putAttribute("model_config", Json.text(configuration(model.network())));
      hdf.putDataset(METADATA, new String[] {Json.text(ModelFile.metadata(model))});
      weights.putAttribute("layer_names", layers.keySet().toArray(String[]::new));
      layers.forEach((layer, names) -> {
        WritableGroup group = weights.putGroup(layer);
        group.putAttribute("weight_names", names.toArray(String[]::new));
        WritableGroup inner = group.putGroup(layer);
        for (String name : names) {
          Tensor tensor = tensors.get(name);
          inner.putDataset(
              name.substring(layer.length() + 1),
              nested(FloatBuffer.wrap(tensor.floats()), tensor.shape()));
        }
      });
    }
  }

  /** Returns values as arrays of arrays, which is how the library knows a shape. */
  private static Object nested(FloatBuffer values, List<Integer> shape) {
    if (shape.size() == 1) {
      float[] row = new float[shape.getFirst()];
      values.get(row);
      return row;
    }
    Object array =
        Array.newInstance(float.class, shape.stream().mapToInt(Integer::intValue).toArray());
    for (int i = 0; i < shape.getFirst(); i++) {
      Array.set(array, i, nested(values, shape.subList(1, shape.size())));
    }
    return array;
  }

  /** Returns the settings of a network's layers, as Keras 2 writes them. */
  public static Map<String, Object> configuration(MobileNetV1 network) {
    Chain chain = new Chain();
    List<Integer> shape = new ArrayList<>();
    shape.add(null);
    shape.addAll(List.of(network.height(), network.width(), network.channels()));
    chain.add("InputLayer", "input_1", "batch_input_shape", shape);
    for (Layer layer : network.layers()) {
      switch (layer) {
        case Layer.Convolution c -> convolution(chain, network, c);
        case Layer.GlobalAveragePool p -> {
          chain.add("GlobalAveragePooling2D", "global_average_pooling2d");
          if (network.head().hidden() == 0) {
            classifierInput(chain, network, p.out().channels());
          }
        }
        case Layer.Dense d -> {
          Map<String, Object> settings = new LinkedHashMap<>();
          settings.put("units", d.out().channels());
          settings.put("activation", "relu");
          settings.put("use_bias", true);
          chain.add("Dense", name(d), settings);
          classifierInput(chain, network, d.out().channels());
        }
        case Layer.Classifier c -> {
          int outputs = c.out().channels();
          chain.add("Conv2D", name(c), kernel(outputs, 1, 1, "same", true));
          chain.add("Reshape", "reshape_2", "target_shape", List.of(outputs));
          chain.add(
              "Activation",
              "predictions",
              "activation",
              switch (network.head().activation()) {
                case SOFTMAX -> "softmax";
                case SIGMOID, BINARY -> "sigmoid";
              });
        }
      }
    }
    return Map.of("class_name", "Functional", "config", chain.model());
  }

  private static void classifierInput(Chain chain, MobileNetV1 network, int channels) {
    if (network.hasClassifier()) {
      chain.add("Reshape", "reshape_1", "target_shape", List.of(1, 1, channels));
      chain.add("Dropout", "dropout", "rate", network.dropout());
    }
  }

  private static String name(Layer layer) {
    String kernel = Dialect.KERAS.name(layer.parameters().getFirst());
    return kernel.substring(0, kernel.indexOf('/'));
  }

  private static void convolution(Chain chain, MobileNetV1 network, Layer.Convolution layer) {
    String name = name(layer);
    boolean depthwise = layer instanceof Layer.Depthwise;
    int side = layer instanceof Layer.Pointwise ? 1 : 3;
    int stride = layer.stride();
    Padding padding = network.padding(layer);
    int height = layer.in().height();
    int width = layer.in().width();
    boolean same = stride == 1 || padding == Padding.SAME;
    if (!same) {
      chain.add(
          "ZeroPadding2D",
          name + "_pad",
          "padding",
          List.of(
              List.of(padding.before(height, stride), padding.after(height, stride)),
              List.of(padding.before(width, stride), padding.after(width, stride))));
    }
    Map<String, Object> settings =
        kernel(layer.out().channels(), side, stride, same ? "same" : "valid", false);
    if (depthwise) {
      settings.remove("filters");
      settings.put("depth_multiplier", 1);
    }
    chain.add(depthwise ? "DepthwiseConv2D" : "Conv2D", name, settings);
    Map<String, Object> norm = new LinkedHashMap<>();
    norm.put("axis", List.of(3));
    norm.put("momentum", 0.99);
    norm.put("epsilon", network.epsilon());
    norm.put("center", true);
    norm.put("scale", true);
    chain.add("BatchNormalization", name + "_bn", norm);
    Activation activation = network.activation();
    chain.add(
        "ReLU",
        name + "_relu",
        "max_value",
        activation == Activation.RELU ? null : activation.ceiling());
  }

  private static Map<String, Object> kernel(
      int filters, int side, int stride, String padding, boolean bias) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("filters", filters);
    settings.put("kernel_size", List.of(side, side));
    settings.put("strides", List.of(stride, stride));
    settings.put("padding", padding);
    settings.put("data_format", "channels_last");
    settings.put("activation", "linear");
    settings.put("use_bias", bias);
    return settings;
  }

  /** Layers, each of which takes the one before it. */
  private static final class Chain {
    private final List<Map<String, Object>> layers = new ArrayList<>();

    void add(String className, String name) {
      add(className, name, new LinkedHashMap<>());
    }

    void add(String className, String name, String key, Object value) {
      Map<String, Object> settings = new LinkedHashMap<>();
      settings.put(key, value);
      add(className, name, settings);
    }

    void add(String className, String name, Map<String, Object> settings) {
      Map<String, Object> config = new LinkedHashMap<>();
      config.put("name", name);
      config.put("dtype", "float32");
      config.putAll(settings);
      Map<String, Object> layer = new LinkedHashMap<>();
      layer.put("class_name", className);
      layer.put("name", name);
      layer.put("config", config);
      layer.put(
          "inbound_nodes", layers.isEmpty() ? List.of() : List.of(List.of(node(layers.getLast()))));
      layers.add(layer);
    }

    private static List<Object> node(Map<String, Object> layer) {
      return List.of(layer.get("name"), 0, 0, Map.of());
    }

    Map<String, Object> model() {
      Map<String, Object> model = new LinkedHashMap<>();
      model.put("name", "mobilenet");
      model.put("layers", layers);
      model.put("input_layers", List.of(node(layers.getFirst()).subList(0, 3)));
      model.put("output_layers", List.of(node(layers.getLast()).subList(0, 3)));
      return model;
    }
  }
}

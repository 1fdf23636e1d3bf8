package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.network.WidthRounding;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * This library's model file: a {@link Safetensors} file with the tensors of {@link
 * Dialect#CANONICAL} and, in its metadata, everything else of a {@link Model}. Any safetensors
 * reader opens it.
 *
 * <p>The metadata maps strings to strings. Numbers are decimal, choices are the constants of this
 * library's enums in lower case, lists and maps are JSON:
 *
 * <table>
 * <caption>Metadata</caption>
 * <tr><td>{@code mobilenet4j}<td>version of this layout: 1, 2 where one of the last keys of the network is
 *     there, or 3 where weights are quantised
 * <tr><td>{@code architecture}<td>{@code mobilenet_v1}
 * <tr><td>{@code width_multiplier, width_rounding, height, width, classes, activation, padding,
 *     epsilon, dropout, body}<td>{@link MobileNetV1}
 * <tr><td>{@code channels, stem_stride, others, hidden, classifier_activation}<td>{@link MobileNetV1};
 *     absent: 3, 2, 0, 0, {@code softmax}
 * <tr><td>{@code crop, crop_fraction, resampling, mean, deviation}<td>{@link Preprocessing}
 * <tr><td>{@code temperature, threshold}<td>{@link Confidence}; absent: 1, none
 * <tr><td>{@code weights}<td>{@code folded}: of each convolution there are {@code NAME.kernel} and
 *     {@code NAME.bias}, as of the classifier; {@code quantized}: kernel (int8 or uint8), bias (int32) and
 *     {@code NAME.scales}; absent: kernel and BatchNorm, {@code NAME.gamma, beta, mean, variance}
 * <tr><td>{@code quantization}<td>of quantised weights: types, scales and zero points of the activations,
 *     zero points of the kernels ({@link Weights.Quantized})
 * <tr><td>{@code labels}<td>list of one name a class
 * <tr><td>{@code facts}<td>map from string to string
 * </table>
 */
public final class ModelFile {
  private static final String VERSION_KEY = "mobilenet4j";
  private static final String VERSION = "1";

  /** Where a key of {@link #variant} is there. */
  private static final String VARIANT_VERSION = "2";

  /** Where weights are quantised. */
  private static final String QUANTIZED_VERSION = "3";

  private static final List<String> VERSIONS = List.of(VERSION, VARIANT_VERSION, QUANTIZED_VERSION);

  private static final String ARCHITECTURE = "mobilenet_v1";
  private static final String WEIGHTS_KEY = "weights";

  /** What {@link #WEIGHTS_KEY} says; trained weights say nothing. */
  private enum Kind {
    FOLDED,
    QUANTIZED
  }

  private static final String QUANTIZATION_KEY = "quantization";

  private ModelFile() {}

  /**
   * Returns the model of the artifact {@code mobilenet4j-model}: 202 everyday things on
   * photographs, α 0.75, 192×192, in integers of 8 bits. {@code docs/bundled-model.md} tells how it
   * was made and how good it is.
   *
   * @throws MobileNetException if that artifact is neither on the class path nor on the module path
   */
  public static Model bundled() {
    BundledModel bundled =
        ServiceLoader.load(BundledModel.class, BundledModel.class.getClassLoader())
            .findFirst()
            .orElseThrow(() ->
                new MobileNetException(
                    "there is no bundled model: add the artifact"
                        + " io.github.mobilenet4j:mobilenet4j-model, or read a file"));
    try (InputStream in = bundled.open()) {
      return read(bundled.name(), in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@link #read(Path, ReadLimits)}, within {@link ReadLimits#standard}. */
  public static Model read(Path path) {
    return read(path, ReadLimits.standard());
  }

  /**
   * Reads a model file.
   *
   * @param limits what it may ask for
   * @throws MobileNetException if it cannot be read, is not a model file, asks for more than the
   *     limits allow, or naming what is missing or wrong in it
   */
  public static Model read(Path path, ReadLimits limits) {
    return read(Safetensors.read(path, limits), limits);
  }

  /**
   * Reads a model file's content, within {@link ReadLimits#standard}.
   *
   * @param name where it comes from, for messages
   * @throws MobileNetException if it is not a model file, or naming what is missing or wrong in it
   */
  public static Model read(String name, byte[] content) {
    return read(Safetensors.read(name, content), ReadLimits.standard());
  }

  /** Returns whether metadata is that of a model file, of whatever version. */
  public static boolean isDescription(Map<String, String> metadata) {
    return metadata.containsKey(VERSION_KEY);
  }

  /**
   * Returns the model in a container.
   *
   * @param limits what it may ask for
   * @throws MobileNetException if it is not a model file, asks for more than the limits allow, or
   *     naming what is missing or wrong in it
   */
  public static Model read(Safetensors file, ReadLimits limits) {
    return Reading.of(
        file.name(),
        () -> {
          try {
            Fields fields = Fields.of(file.metadata());
            MobileNetV1 network = fields.network();
            return fields.model(network, fields.weights(file, network)).within(limits);
          } catch (MobileNetException e) {
            throw e.in(file.name());
          }
        });
  }

  /**
   * As {@link #describe(Map, Model)}.
   *
   * @param metadata as JSON, empty for none
   */
  public static Model describe(String metadata, Model graph) {
    if (metadata.isEmpty()) {
      return graph;
    }
    Map<String, String> texts = new HashMap<>();
    if (Json.parse("metadata", metadata) instanceof Map<?, ?> fields) {
      fields.forEach((key, value) -> texts.put((String) key, "" + value));
    }
    return describe(texts, graph);
  }

  /**
   * Returns the model of a graph with what its metadata says that a graph does not: preprocessing,
   * labels, metadata, α and its rounding, dropout. What the graph computes stays as the graph has
   * it; ε is the metadata's where BatchNorm is folded, for a training to come. A graph that ends
   * with the logits does not say that each has a sigmoid, the metadata does, and of paddings that
   * are the same with the graph's input it has the one that counts with another.
   *
   * @param metadata what {@link #metadata} returned for the model that was written
   * @throws MobileNetException naming what is missing or wrong in the metadata, or does not fit the
   *     graph
   */
  public static Model describe(Map<String, String> metadata, Model graph) {
    MobileNetV1 computed = graph.network();
    Fields fields = Fields.of(metadata);
    MobileNetV1 described = fields.network();
    MobileNetV1 padded = computed.isPaddedLike(described) ? described : computed;
    MobileNetV1 network =
        described.toBuilder()
            .input(computed.height(), computed.width())
            .channels(computed.channels())
            .stemStride(computed.stemStride())
            .classes(computed.classes() - described.head().others())
            .others(described.head().others())
            .hidden(computed.head().hidden())
            .classifierActivation(
                computed.head().activation() == ClassifierActivation.SOFTMAX
                        && described.head().activation() == ClassifierActivation.SIGMOID
                    ? ClassifierActivation.SIGMOID
                    : computed.head().activation())
            .activation(computed.activation())
            .padding(padded.padding())
            .stemPadding(padded.convolutions().stemPadding())
            .build();
    if (graph.weights() instanceof Weights.Trained) {
      network = network.toBuilder().epsilon(computed.epsilon()).build();
    }
    Model model = fields.model(network, graph.weights());
    String integers = graph.metadata().get(Model.INTEGERS);
    return integers == null ? model : model.withMetadata(Map.of(Model.INTEGERS, integers));
  }

  /**
   * Writes a model file in single precision, quantised weights as the integers that they are; what
   * was there is replaced at once or not at all. The same model gives the same bytes, and reading
   * gives every weight's bits again.
   *
   * @throws MobileNetException if it cannot be written
   */
  public static void write(Path path, Model model) {
    write(path, model, DataType.F32);
  }

  /**
   * Writes a model file with smaller kernels.
   *
   * @param kernels {@link DataType#F16} or {@link DataType#BF16}; BatchNorm and bias stay F32
   * @throws MobileNetException if it cannot be written, or the weights are quantised and kernels is
   *     another than F32
   */
  public static void write(Path path, Model model, DataType kernels) {
    Content content = content(model, kernels);
    Safetensors.write(path, content.metadata, content.tensors);
  }

  /**
   * Writes what {@link #write(Path, Model)} writes to a stream: for files that are not in a file
   * system of Java's. The stream is not closed.
   *
   * @throws MobileNetException if it takes no more
   */
  public static void write(OutputStream out, Model model) {
    Content content = content(model, DataType.F32);
    try {
      Safetensors.write(Channels.newChannel(out), content.metadata, content.tensors);
    } catch (IOException e) {
      throw new MobileNetException("cannot write the model: " + e.getMessage(), e);
    }
  }

  private record Content(Map<String, String> metadata, Map<String, Tensor> tensors) {}

  private static Content content(Model model, DataType kernels) {
    Map<String, String> metadata = metadata(model);
    MobileNetV1 network = model.network();
    Map<String, Tensor> tensors =
        switch (model.weights()) {
          case Weights.Trained trained -> Dialect.CANONICAL.tensors(network, trained, kernels);
          case Weights.Folded folded -> {
            metadata.put(WEIGHTS_KEY, lowerCase(Kind.FOLDED));
            yield Dialect.CANONICAL.tensors(network, folded, kernels);
          }
          case Weights.Quantized quantized -> {
            if (kernels != DataType.F32) {
              throw new MobileNetException(
                  "the kernels are integers of 8 bits, they are not written as " + kernels);
            }
            metadata.put(VERSION_KEY, QUANTIZED_VERSION);
            metadata.put(WEIGHTS_KEY, lowerCase(Kind.QUANTIZED));
            metadata.put(QUANTIZATION_KEY, QuantizedTensors.json(network, quantized));
            yield QuantizedTensors.tensors(network, quantized);
          }
        };
    return new Content(metadata, tensors);
  }

  /**
   * Returns everything of a model but its weights, as a model file's metadata: for files that hold
   * the weights in another way.
   */
  public static Map<String, String> metadata(Model model) {
    MobileNetV1 network = model.network();
    Preprocessing preprocessing = model.preprocessing();
    Map<String, Object> fields = new LinkedHashMap<>();
    Map<String, Object> variant = variant(network);
    fields.put(VERSION_KEY, variant.isEmpty() ? VERSION : VARIANT_VERSION);
    fields.put("architecture", ARCHITECTURE);
    fields.put("width_multiplier", network.widthMultiplier());
    fields.put("width_rounding", network.rounding());
    fields.put("height", network.height());
    fields.put("width", network.width());
    fields.put("classes", network.classes());
    fields.put("activation", network.activation());
    fields.put("padding", network.padding());
    fields.put("epsilon", network.epsilon());
    fields.put("dropout", network.dropout());
    fields.put("body", network.backbone());
    fields.putAll(variant);
    fields.put("crop", preprocessing.crop());
    fields.put("crop_fraction", preprocessing.cropFraction());
    fields.put("resampling", preprocessing.resampling());
    fields.put("mean", preprocessing.mean());
    fields.put("deviation", preprocessing.std());
    fields.put("labels", model.labels().names());
    if (model.confidence().temperature() != 1) {
      fields.put("temperature", model.confidence().temperature());
    }
    model.confidence().threshold().ifPresent(t -> fields.put("threshold", t));
    Map<String, String> facts = new TreeMap<>(model.metadata());
    facts.remove(Model.INTEGERS);
    fields.put("facts", facts);
    Map<String, String> metadata = new LinkedHashMap<>();
    fields.forEach((key, value) -> metadata.put(key, text(value)));
    return metadata;
  }

  /**
   * Returns what is not the paper's: an older reader, which would not know of it, refuses the
   * version.
   */
  private static Map<String, Object> variant(MobileNetV1 network) {
    MobileNetV1.Head head = network.head();
    Map<String, Object> fields = new LinkedHashMap<>();
    if (network.channels() != 3) {
      fields.put("channels", network.channels());
    }
    if (network.stemStride() != 2) {
      fields.put("stem_stride", network.stemStride());
    }
    if (network.convolutions().stemPadding() != network.padding()) {
      fields.put("stem_padding", network.convolutions().stemPadding());
    }
    if (head.others() != 0) {
      fields.put("others", head.others());
    }
    if (head.hidden() != 0) {
      fields.put("hidden", head.hidden());
    }
    if (head.activation() != ClassifierActivation.SOFTMAX) {
      fields.put("classifier_activation", head.activation());
    }
    return fields;
  }

  private static String text(Object value) {
    return switch (value) {
      case Enum<?> choice -> lowerCase(choice);
      case List<?> list -> Json.text(list);
      case Map<?, ?> map -> Json.text(map);
      default -> value.toString();
    };
  }

  private static String lowerCase(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT);
  }

  /** The metadata by type; each method throws an exception that names the key. */
  private record Fields(Map<String, String> metadata) {
    static Fields of(Map<String, String> metadata) {
      Fields fields = new Fields(metadata);
      if (!VERSIONS.contains(fields.text(VERSION_KEY))) {
        throw fields.wrong(VERSION_KEY, "one of " + VERSIONS);
      }
      fields.expect("architecture", ARCHITECTURE);
      return fields;
    }

    MobileNetV1 network() {
      return MobileNetV1.builder()
          .widthMultiplier(number("width_multiplier"))
          .rounding(choice("width_rounding", WidthRounding.values()))
          .input(integer("height"), integer("width"))
          .channels(integer("channels", 3))
          .stemStride(integer("stem_stride", 2))
          .classes(integer("classes"))
          .others(integer("others", 0))
          .hidden(integer("hidden", 0))
          .classifierActivation(
              metadata.containsKey("classifier_activation")
                  ? choice("classifier_activation", ClassifierActivation.values())
                  : ClassifierActivation.SOFTMAX)
          .activation(choice("activation", Activation.values()))
          .padding(choice("padding", Padding.values()))
          .stemPadding(
              choice(
                  metadata.containsKey("stem_padding") ? "stem_padding" : "padding",
                  Padding.values()))
          .epsilon(number("epsilon"))
          .dropout(number("dropout"))
          .backbone(choice("body", MobileNetV1.Backbone.values()))
          .build();
    }

    Model model(MobileNetV1 network, Weights weights) {
      return new Model(
          network,
          weights,
          new Preprocessing(
              choice("crop", Preprocessing.Crop.values()),
              number("crop_fraction"),
              choice("resampling", Resampling.values()),
              numbers("mean"),
              numbers("deviation")),
          new Labels(strings("labels")),
          map("facts"),
          new Confidence(
              metadata.containsKey("temperature") ? number("temperature") : 1,
              metadata.containsKey("threshold")
                  ? OptionalDouble.of(number("threshold"))
                  : OptionalDouble.empty()));
    }

    Weights weights(Safetensors file, MobileNetV1 network) {
      Kind kind = metadata.containsKey(WEIGHTS_KEY) ? choice(WEIGHTS_KEY, Kind.values()) : null;
      return switch (kind) {
        case QUANTIZED ->
            QuantizedTensors.read(
                file.name(), network, QUANTIZATION_KEY, text(QUANTIZATION_KEY), file.tensors());
        case FOLDED -> canonical(file, network, network.foldedParameters());
        case null -> canonical(file, network, network.parameters());
      };
    }

    private static Weights canonical(
        Safetensors file, MobileNetV1 network, List<Parameter> parameters) {
      return Dialect.canonical(file.name(), network, parameters, file.tensors());
    }

    String text(String key) {
      String text = metadata.get(key);
      if (text == null) {
        throw new MobileNetException("metadata has no " + key);
      }
      return text;
    }

    void expect(String key, String expected) {
      if (!text(key).equals(expected)) {
        throw wrong(key, expected);
      }
    }

    int integer(String key, int absent) {
      return metadata.containsKey(key) ? integer(key) : absent;
    }

    int integer(String key) {
      try {
        return Integer.parseInt(text(key));
      } catch (NumberFormatException _) {
        throw wrong(key, "a whole number");
      }
    }

    double number(String key) {
      try {
        return Double.parseDouble(text(key));
      } catch (NumberFormatException _) {
        throw wrong(key, "a number");
      }
    }

    <E extends Enum<E>> E choice(String key, E[] choices) {
      String text = text(key);
      for (E choice : choices) {
        if (lowerCase(choice).equals(text)) {
          return choice;
        }
      }
      throw wrong(key, "one of " + List.of(choices).toString().toLowerCase(Locale.ROOT));
    }

    List<Double> numbers(String key) {
      return list(key, Number.class, "a list of numbers").stream()
          .map(Number::doubleValue)
          .toList();
    }

    List<String> strings(String key) {
      return list(key, String.class, "a list of strings");
    }

    private <T> List<T> list(String key, Class<T> type, String expected) {
      if (Json.parse(key, text(key)) instanceof List<?> list
          && list.stream().allMatch(type::isInstance)) {
        return list.stream().map(type::cast).toList();
      }
      throw wrong(key, expected);
    }

    Map<String, String> map(String key) {
      if (!(Json.parse(key, text(key)) instanceof Map<?, ?> map)) {
        throw wrong(key, "a map from string to string");
      }
      Map<String, String> strings = new LinkedHashMap<>();
      map.forEach((k, v) -> {
        if (!(v instanceof String string)) {
          throw wrong(key, "a map from string to string");
        }
        strings.put((String) k, string);
      });
      return strings;
    }

    private MobileNetException wrong(String key, String expected) {
      return new MobileNetException(
          "metadata %s is %s, expected %s"
              .formatted(key, MobileNetException.abridged(text(key)), expected));
    }
  }
}

package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A model without its head: what gives features, and what a new head is put on. */
final class Backbone {
  private final Model model;
  private final String hash;
  private final Engine engine;

  /**
   * @param model any; of integers the floats that they stand for are taken
   */
  Backbone(Model model) {
    MobileNetV1 network = model.network().toBuilder().head(MobileNetV1.Head.NONE).build();
    Weights floats =
        model.weights() instanceof Weights.Quantized quantized
            ? quantized.folded(model.network())
            : model.weights();
    Map<String, float[]> values = new HashMap<>(floats.values());
    model.network().headLayers().stream()
        .flatMap(layer -> layer.parameters().stream())
        .map(Parameter::name)
        .forEach(values::remove);
    this.model =
        new Model(
            network, like(floats, values), model.preprocessing(), Labels.numbered(0), Map.of());
    hash = hash(this.model);
    engine = new Engine(this.model);
  }

  private static Weights like(Weights kind, Map<String, float[]> values) {
    return kind instanceof Weights.Folded
        ? new Weights.Folded(values)
        : new Weights.Trained(values);
  }

  /** Returns what tells it from others: of the weights, the network and the preprocessing. */
  String hash() {
    return hash;
  }

  Engine engine() {
    return engine;
  }

  int features() {
    return model.network().features();
  }

  /** Returns the whole model with a head. */
  Model with(SoftmaxHead head, List<String> classes) {
    MobileNetV1 network =
        model.network().toBuilder().head(MobileNetV1.Head.NONE).classes(classes.size()).build();
    Map<String, float[]> values = new HashMap<>(model.weights().values());
    values.put(Parameter.name(network.classifier(), Role.KERNEL), head.kernel());
    values.put(Parameter.name(network.classifier(), Role.BIAS), head.bias());
    return new Model(
        network,
        like(model.weights(), values),
        model.preprocessing(),
        new Labels(classes),
        Map.of());
  }

  private static String hash(Model model) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      String about = model.network() + " " + model.preprocessing();
      digest.update(about.getBytes(StandardCharsets.UTF_8));
      new TreeMap<>(model.weights().values())
          .forEach((name, values) -> {
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
            bytes.asFloatBuffer().put(values);
            digest.update(bytes);
          });
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}

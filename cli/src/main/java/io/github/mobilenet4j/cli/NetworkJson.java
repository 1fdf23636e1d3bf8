package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.kernels.Bfloat16Choice;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.network.Costs;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Model;
import java.util.List;
import java.util.TreeMap;

/** A network for machines; the names of fields are those of the types. */
final class NetworkJson {
  private NetworkJson() {}

  static JsonObject network(MobileNetV1 network) {
    return new JsonObject()
        .with("widthMultiplier", network.widthMultiplier())
        .with("input", shape(network.input()))
        .with("stemStride", network.stemStride())
        .with("classes", network.classes())
        .with("others", network.head().others())
        .with("hidden", network.head().hidden())
        .with("classifierActivation", network.head().activation().name())
        .with("activation", network.activation().name())
        .with("padding", network.padding().name())
        .with("stemPadding", network.convolutions().stemPadding().name())
        .with("epsilon", network.epsilon())
        .with("macs", network.macs())
        .with("trainableParameters", network.trainableParameters())
        .with("totalParameters", network.totalParameters())
        .with("peakActivationBytes", network.peakActivationBytes())
        .with("layers", network.layers(), NetworkJson::layer)
        .with("kinds", Costs.byKind(network), NetworkJson::kind);
  }

  private static JsonObject layer(Layer layer) {
    JsonObject object = new JsonObject().with("name", layer.name()).with("kind", layer.kind());
    if (layer instanceof Layer.Convolution c) {
      object.put("stride", c.stride());
    }
    return object
        .with("in", shape(layer.in()))
        .with("out", shape(layer.out()))
        .with("trainableParameters", layer.trainableParameters())
        .with("macs", layer.macs())
        .with("activationBytes", layer.activationBytes());
  }

  private static JsonObject kind(Costs costs) {
    return new JsonObject()
        .with("kind", costs.kind())
        .with("layers", costs.layers())
        .with("macs", costs.macs())
        .with("macShare", costs.macShare())
        .with("kernelValues", costs.kernelValues())
        .with("kernelShare", costs.kernelShare());
  }

  static JsonObject comparison(Comparison c) {
    JsonObject object =
        new JsonObject()
            .with("name", c.name())
            .with("separable", cost(c.separable()))
            .with("standard", cost(c.standard()))
            .with("ratio", c.ratio());
    if (!Double.isNaN(c.formula())) {
      object.put("formula", c.formula());
    }
    return object;
  }

  private static JsonObject cost(Comparison.Cost cost) {
    return new JsonObject()
        .with("macs", cost.macs())
        .with("trainableParameters", cost.parameters());
  }

  static JsonObject model(Model model) {
    Preprocessing preprocessing = model.preprocessing();
    return new JsonObject()
        .with("kernels", kernels())
        .with(
            "preprocessing",
            new JsonObject()
                .with("crop", preprocessing.crop().name())
                .with("cropFraction", preprocessing.cropFraction())
                .with("resampling", preprocessing.resampling().name())
                .with("mean", preprocessing.mean())
                .with("std", preprocessing.std()))
        .with("labels", model.labels().names())
        .with("metadata", new TreeMap<>(model.metadata()));
  }

  static JsonObject kernels() {
    KernelChoice choice = InferencePlan.kernelChoice();
    return new JsonObject()
        .with("name", choice.kernels().name())
        .with("vectorBits", choice.kernels().vectorBits())
        .with("bfloat16", Bfloat16Choice.of(choice.kernels()).name())
        .with("int8", choice.kernels().quantized().name())
        .with("reason", choice.reason());
  }

  private static List<Integer> shape(Shape shape) {
    return List.of(shape.height(), shape.width(), shape.channels());
  }
}

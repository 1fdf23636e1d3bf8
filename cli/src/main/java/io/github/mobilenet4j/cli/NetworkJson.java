package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.network.Costs;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Model;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JsonGenerator;

/** A network for machines; property names are those of the types. */
record NetworkJson(JsonGenerator json) {
  void network(MobileNetV1 network) {
    json.writeNumberProperty("widthMultiplier", network.widthMultiplier());
    shape("input", network.input());
    json.writeNumberProperty("classes", network.classes());
    json.writeStringProperty("activation", network.activation().name());
    json.writeStringProperty("padding", network.padding().name());
    json.writeNumberProperty("epsilon", network.epsilon());
    json.writeNumberProperty("macs", network.macs());
    json.writeNumberProperty("trainableParameters", network.trainableParameters());
    json.writeNumberProperty("totalParameters", network.totalParameters());
    json.writeNumberProperty("peakActivationBytes", network.peakActivationBytes());
    json.writeArrayPropertyStart("layers");
    for (Layer layer : network.layers()) {
      json.writeStartObject();
      json.writeStringProperty("name", layer.name());
      json.writeStringProperty("kind", layer.kind());
      if (layer instanceof Layer.Convolution c) {
        json.writeNumberProperty("stride", c.stride());
      }
      shape("in", layer.in());
      shape("out", layer.out());
      json.writeNumberProperty("trainableParameters", layer.trainableParameters());
      json.writeNumberProperty("macs", layer.macs());
      json.writeNumberProperty("activationBytes", layer.activationBytes());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayPropertyStart("kinds");
    for (Costs costs : Costs.byKind(network)) {
      json.writeStartObject();
      json.writeStringProperty("kind", costs.kind());
      json.writeNumberProperty("layers", costs.layers());
      json.writeNumberProperty("macs", costs.macs());
      json.writeNumberProperty("macShare", costs.macShare());
      json.writeNumberProperty("kernelValues", costs.kernelValues());
      json.writeNumberProperty("kernelShare", costs.kernelShare());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  void comparison(List<Comparison> comparisons) {
    json.writeArrayPropertyStart("comparison");
    for (Comparison c : comparisons) {
      json.writeStartObject();
      json.writeStringProperty("name", c.name());
      cost("separable", c.separable());
      cost("standard", c.standard());
      json.writeNumberProperty("ratio", c.ratio());
      if (!Double.isNaN(c.formula())) {
        json.writeNumberProperty("formula", c.formula());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  void model(Model model) {
    Preprocessing preprocessing = model.preprocessing();
    kernels();
    json.writeObjectPropertyStart("preprocessing");
    json.writeStringProperty("crop", preprocessing.crop().name());
    json.writeNumberProperty("cropFraction", preprocessing.cropFraction());
    json.writeStringProperty("resampling", preprocessing.resampling().name());
    numbers("mean", preprocessing.mean());
    numbers("std", preprocessing.std());
    json.writeEndObject();
    json.writeArrayPropertyStart("labels");
    model.labels().names().forEach(json::writeString);
    json.writeEndArray();
    json.writeObjectPropertyStart("metadata");
    for (Map.Entry<String, String> metadata : new TreeMap<>(model.metadata()).entrySet()) {
      json.writeStringProperty(metadata.getKey(), metadata.getValue());
    }
    json.writeEndObject();
  }

  void kernels() {
    KernelChoice choice = InferencePlan.kernelChoice();
    json.writeObjectPropertyStart("kernels");
    json.writeStringProperty("name", choice.kernels().name());
    json.writeNumberProperty("vectorBits", choice.kernels().vectorBits());
    json.writeStringProperty("reason", choice.reason());
    json.writeEndObject();
  }

  private void cost(String name, Comparison.Cost cost) {
    json.writeObjectPropertyStart(name);
    json.writeNumberProperty("macs", cost.macs());
    json.writeNumberProperty("trainableParameters", cost.parameters());
    json.writeEndObject();
  }

  private void shape(String name, Shape shape) {
    json.writeName(name);
    json.writeArray(new int[] {shape.height(), shape.width(), shape.channels()}, 0, 3);
  }

  private void numbers(String name, List<Double> values) {
    json.writeName(name);
    json.writeArray(values.stream().mapToDouble(v -> v).toArray(), 0, values.size());
  }
}

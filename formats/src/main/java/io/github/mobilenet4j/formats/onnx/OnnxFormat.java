package io.github.mobilenet4j.formats.onnx;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.FileKind;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.util.Map;
import java.util.Optional;

/**
 * ONNX, as PyTorch, tf2onnx and others write it, and quantised with QuantizeLinear and
 * DequantizeLinear (QDQ). Where all layers compute in integers, these are the weights; else the
 * numbers that they stand for.
 */
public final class OnnxFormat implements ModelFormat {
  @Override
  public String title() {
    return "ONNX";
  }

  /** A protobuf message has no mark of its own. */
  @Override
  public boolean recognises(Source source) {
    byte[] first = source.first();
    return OnnxFile.isOnnx(first)
        || source.name().endsWith(".onnx") && FileKind.of(first).isEmpty();
  }

  @Override
  public Contents read(Source source, ReadLimits limits) {
    byte[] content = source.bytes();
    ExternalValues external =
        source
            .path()
            .map(path -> ExternalValues.beside(path, content.length, limits))
            .orElseGet(ExternalValues::none);
    return new Whole(read(source.name(), content, limits, external));
  }

  /**
   * Returns the model in a file's content.
   *
   * @param source where it comes from, for messages
   * @param limits what it may ask for
   */
  static Model read(String source, byte[] content, ReadLimits limits) {
    return read(source, content, limits, ExternalValues.none());
  }

  private static Model read(
      String source, byte[] content, ReadLimits limits, ExternalValues external) {
    try {
      OnnxTensors tensors = new OnnxTensors(limits, external);
      OnnxFile file = new OnnxFile(content, limits, tensors);
      OnnxGraph graph = new OnnxGraph(source, file, tensors, limits.memory(content.length));
      Model model =
          LayerWalk.model(
              graph.network(),
              graph.weights(),
              graph.preprocessing(),
              Optional.empty(),
              graph.integers().tellIn(Map.of("format", "onnx", "producer", file.producer())));
      return ModelFile.isDescription(file.metadata())
          ? ModelFile.describe(file.metadata(), model)
          : model;
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }
}

package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** ONNX, as PyTorch, tf2onnx and others write it, in floating point. */
final class OnnxFormat implements ModelFormat {
  @Override
  public String title() {
    return "ONNX";
  }

  /** A protobuf message has no mark of its own. */
  @Override
  public boolean recognises(byte[] head, Path path) {
    return path.toString().endsWith(".onnx") || OnnxFile.isOnnx(head);
  }

  @Override
  public Contents read(Path path) {
    return new Whole(read(path.toString(), ModelFormat.bytes(path)));
  }

  /**
   * Returns the model in a file's content.
   *
   * @param source where it comes from, for messages
   */
  static Model read(String source, byte[] content) {
    try {
      OnnxFile file = new OnnxFile(content);
      OnnxGraph graph = new OnnxGraph(source, file);
      Model model =
          LayerWalk.model(
              graph.network(),
              graph.weights(),
              Optional.empty(),
              Optional.empty(),
              Map.of("format", "onnx", "producer", file.producer()));
      return ModelFile.isDescription(file.metadata())
          ? ModelFile.describe(file.metadata(), model)
          : model;
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }
}

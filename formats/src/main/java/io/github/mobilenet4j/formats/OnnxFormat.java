package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Path;
import java.util.Map;

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
      MobileNetV1 network = graph.network();
      Model model =
          new Model(
              network,
              graph.weights(),
              LayerWalk.assumed(network),
              Labels.numbered(network.classes()),
              Map.of(
                  "format",
                  "onnx",
                  "producer",
                  file.producer(),
                  "preprocessing",
                  "assumed from activation and padding, the file does not say"));
      return ModelFile.isDescription(file.metadata())
          ? ModelFile.describe(file.metadata(), model)
          : model;
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }
}

package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.util.Locale;
import java.util.Map;

/**
 * TensorFlow Lite: float, uint8 (a scale a tensor) and int8 (a scale a channel, or a tensor). Where
 * all layers compute in integers, these are the weights; else the numbers that they stand for.
 */
public final class TfliteFormat implements ModelFormat {
  @Override
  public String title() {
    return "TensorFlow Lite";
  }

  @Override
  public boolean recognises(Source source) {
    return TfliteFile.isTflite(source.first());
  }

  @Override
  public Contents read(Source source, ReadLimits limits) {
    return new Whole(read(source.name(), source.bytes(), limits));
  }

  /**
   * Returns the model in a file's content.
   *
   * @param source where it comes from, for messages
   * @param limits what it may ask for
   */
  static Model read(String source, byte[] content, ReadLimits limits) {
    try {
      TfliteFile file = new TfliteFile(source, content, limits);
      // Tensors may overlap, but do not in files in use.
      TfliteGraph graph = new TfliteGraph(source, file, new Room(content.length, "bytes"));
      MobileNetV1 network = graph.network();
      String type = graph.input().type().name().toLowerCase(Locale.ROOT);
      Model model =
          LayerWalk.model(
              network,
              graph.weights(),
              graph.preprocessing(),
              AppendedLabels.find(content, network.classes()),
              graph.integers().tellIn(Map.of("format", "tflite " + type)));
      return ModelFile.describe(file.metadata(TfliteFile.METADATA), model);
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }
}

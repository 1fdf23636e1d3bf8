package io.github.mobilenet4j.formats.tflite;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * TensorFlow Lite: float, uint8 (a scale a tensor) and int8 (a scale a channel), dequantised to
 * float. The rounding of a quantised runtime between the layers is not imitated.
 */
public final class TfliteFormat implements ModelFormat {
  @Override
  public String title() {
    return "TensorFlow Lite";
  }

  @Override
  public boolean recognises(byte[] first, Path path) {
    return TfliteFile.isTflite(first);
  }

  @Override
  public Contents read(Path path, ReadLimits limits) {
    return new Whole(read(path.toString(), Reading.bytes(path), limits));
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
              preprocessing(graph.input()),
              AppendedLabels.find(content, network.classes()),
              Map.of("format", "tflite " + type));
      return ModelFile.describe(file.metadata(TfliteFile.METADATA), model);
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }

  /**
   * Returns the preprocessing. A quantised input says it: pixel v, stored as v or v − 128, means
   * {@code scale · (stored − zero point)}. A float input does not.
   */
  private static Optional<Preprocessing> preprocessing(GraphTensor input) {
    if (input.type() == DataType.F32) {
      return Optional.empty();
    }
    if (input.scales().limit() != 1 || !(input.scales().get(0) > 0)) {
      throw new MobileNetException(input.title() + " is quantised without a scale");
    }
    long black = input.zeroPoint(0) + (input.type() == DataType.I8 ? 128 : 0);
    return Optional.of(
        Preprocessing.UNIT.withNormalization(
            Collections.nCopies(3, black / 255.0),
            Collections.nCopies(3, std(input.scales().get(0)))));
  }

  /** Returns 1 / (255 · scale), or the round number that gives this scale as a float. */
  private static double std(float scale) {
    double exact = 1 / (255.0 * scale);
    double round = Math.rint(exact * 1e6) / 1e6;
    return (float) (1 / (255 * round)) == scale ? round : exact;
  }
}

package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Reads a model from a file of any known format. */
public final class Models {
  private static final List<ModelFormat> FORMATS =
      List.of(new SafetensorsFormat(), new TfliteFormat());

  private Models() {}

  /**
   * Returns the model in a file. Its content decides the format, not its name.
   *
   * @throws MobileNetException if it cannot be read, is of no known format or broken, or holds
   *     something else than a MobileNet V1
   */
  public static Model read(Path path) {
    byte[] head;
    try (InputStream in = Files.newInputStream(path)) {
      head = in.readNBytes(ModelFormat.HEAD);
    } catch (IOException e) {
      throw MobileNetException.cannot("read", path, e);
    }
    for (ModelFormat format : FORMATS) {
      if (format.recognises(head, path)) {
        return format.read(path);
      }
    }
    throw new MobileNetException(
        "%s: is none of the formats that are read: %s"
            .formatted(
                path, FORMATS.stream().map(ModelFormat::title).collect(Collectors.joining(", "))));
  }
}

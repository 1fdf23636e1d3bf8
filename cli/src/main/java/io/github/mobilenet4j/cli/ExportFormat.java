package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The formats that are written, and how their files' names end. */
enum ExportFormat {
  SAFETENSORS(".safetensors"),
  PTH(".pth", ".pt", ".bin"),
  ONNX(".onnx"),
  TFLITE(".tflite"),
  H5(".h5", ".hdf5");

  private final List<String> endings;

  ExportFormat(String... endings) {
    this.endings = List.of(endings);
  }

  /**
   * Returns the format of a file that is to be written.
   *
   * @throws MobileNetException if its name ends otherwise
   */
  static ExportFormat of(Path path) {
    String name = path.toString().toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(format -> format.endings.stream().anyMatch(name::endsWith))
        .findFirst()
        .orElseThrow(() ->
            new MobileNetException(
                "%s: the name does not say the format, expected one that ends in %s"
                    .formatted(
                        path,
                        Arrays.stream(values())
                            .flatMap(format -> format.endings.stream())
                            .collect(Collectors.joining(", ")))));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

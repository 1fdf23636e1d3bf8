package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.Export;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.formats.KerasExport;
import io.github.mobilenet4j.formats.OnnxExport;
import io.github.mobilenet4j.formats.SafetensorsExport;
import io.github.mobilenet4j.formats.TfjsExport;
import io.github.mobilenet4j.formats.TfliteExport;
import io.github.mobilenet4j.formats.TorchExport;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
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
  H5(".h5", ".hdf5"),
  TFJS(".json");

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

  /**
   * Returns whose names the tensors of a model get; null where the format has its own.
   *
   * @param wanted null for the format's default
   */
  Dialect dialect(Model model, Dialect wanted) {
    return switch (this) {
      case SAFETENSORS -> wanted == null ? Dialect.CANONICAL : wanted;
      case PTH -> wanted == null ? TorchExport.dialect(model) : wanted;
      case ONNX, TFLITE, H5, TFJS -> null;
    };
  }

  /** Returns whether integers of 8 bits are written as they are, and not what they stand for. */
  boolean holdsIntegers(Dialect dialect) {
    return this == TFLITE || this == ONNX || this == SAFETENSORS && dialect == Dialect.CANONICAL;
  }

  /**
   * Returns what writes a model in this format, which takes no notice of settings of other formats.
   *
   * @param dialect whose names the tensors get, as {@link #dialect} says
   * @param kernels how kernels are stored
   */
  Export export(BatchNormStyle batchNorm, Dialect dialect, DataType kernels) {
    return switch (this) {
      case SAFETENSORS -> new SafetensorsExport(dialect, kernels);
      case PTH -> new TorchExport(dialect, kernels);
      case ONNX -> new OnnxExport(batchNorm);
      case TFLITE -> new TfliteExport(kernels);
      case H5 -> new KerasExport();
      case TFJS -> new TfjsExport();
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

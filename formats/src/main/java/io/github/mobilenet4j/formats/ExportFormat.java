package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The formats that are written, and how their files' names end. */
public enum ExportFormat {
  /** Tensors by name. */
  SAFETENSORS(".safetensors"),
  /** A state_dict of PyTorch. */
  PTH(".pth", ".pt", ".bin"),
  /** ONNX. */
  ONNX(".onnx"),
  /** TensorFlow Lite. */
  TFLITE(".tflite"),
  /** A whole model of Keras. */
  H5(".h5", ".hdf5"),
  /** TensorFlow.js: model.json, with its weights beside it. */
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
  public static ExportFormat of(Path path) {
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

  /** Returns how names of its files end as a rule, with the dot. */
  public String ending() {
    return endings.getFirst();
  }

  /**
   * Returns whose names the tensors of a model get; null where the format has its own.
   *
   * @param wanted null for the format's default
   */
  public @Nullable Dialect dialect(Model model, @Nullable Dialect wanted) {
    return switch (this) {
      case SAFETENSORS -> wanted == null ? Dialect.CANONICAL : wanted;
      case PTH -> wanted == null ? TorchExport.dialect(model) : wanted;
      case ONNX, TFLITE, H5, TFJS -> null;
    };
  }

  /** Returns whether integers of 8 bits are written as they are, and not what they stand for. */
  public boolean holdsIntegers(@Nullable Dialect dialect) {
    return this == TFLITE || this == ONNX || this == SAFETENSORS && dialect == Dialect.CANONICAL;
  }

  /**
   * Returns what writes a model in this format, which takes no notice of settings of other formats.
   *
   * @param dialect whose names the tensors get, as {@link #dialect} says
   * @param kernels how kernels are stored
   */
  public Export export(BatchNormStyle batchNorm, @Nullable Dialect dialect, DataType kernels) {
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

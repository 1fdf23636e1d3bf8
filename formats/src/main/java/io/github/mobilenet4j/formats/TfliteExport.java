package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.tflite.TfliteWriter;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Path;

/**
 * TensorFlow Lite, float32: input {@code [1, H, W, C]}, preprocessed; output, the logits, {@code
 * [1, classes]}, one if they are binary, without a classifier the pooled features {@code [1, 1, 1,
 * features]}; the first 1 may be resized. BatchNorm is folded. The labels follow in a zip archive,
 * as TensorFlow's own tools append them, and the metadata {@code mobilenet4j} is that of {@link
 * ModelFile}.
 *
 * <p>{@link Weights.Quantized} are written as their integers, with input and output of the types
 * that they have ({@link Weights.Quantized.Ends}): TensorFlow Lite's reference kernels give the
 * bytes that a session gives. What rounds as ONNX Runtime does gets TensorFlow Lite's rounding.
 *
 * @param kernels how kernels of floats are stored: {@link DataType#F32}, or half as large {@link
 *     DataType#F16}; the runtime widens them to float32
 */
public record TfliteExport(DataType kernels) implements Export {
  /**
   * Checks the type.
   *
   * @throws MobileNetException if it is another
   */
  public TfliteExport {
    if (kernels != DataType.F32 && kernels != DataType.F16) {
      throw new MobileNetException(
          "kernels of a TensorFlow Lite file are F32 or F16, not " + kernels);
    }
  }

  /** An export in float32. */
  public TfliteExport() {
    this(DataType.F32);
  }

  @Override
  public void write(Path path, Model model) {
    TfliteWriter.write(path, model, kernels);
  }
}

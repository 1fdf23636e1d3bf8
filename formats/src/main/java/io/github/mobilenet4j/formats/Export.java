package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Path;

/**
 * A format to write a model in, with its settings. What it cannot hold it refuses; what it has no
 * field for, and the network computes, is never dropped in silence. Of {@link Weights.Quantized} a
 * format writes the integers if it says so, else the numbers that they stand for.
 *
 * <pre>{@code
 * new OnnxExport(BatchNormStyle.FOLDED).write(Path.of("model.onnx"), model);
 * }</pre>
 */
public sealed interface Export
    permits KerasExport, OnnxExport, SafetensorsExport, TfjsExport, TfliteExport, TorchExport {
  /** What becomes of BatchNorm. */
  enum BatchNormStyle {
    /** Multiplied into the kernels: fewer operators, the same logits but for rounding. */
    FOLDED,
    /** Operators of their own, if it is not folded yet: the weights' bits, for training. */
    KEPT
  }

  /**
   * Writes a file; what was there is replaced at once or not at all.
   *
   * @throws MobileNetException if it cannot be written, or the format has no place for something
   *     that the model needs
   */
  void write(Path path, Model model);
}

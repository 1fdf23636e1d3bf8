package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.formats.ExportFormat;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.Confidence;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.QuantizedLayer;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Says what was written, and how to read it elsewhere.
 *
 * @param dialect whose names the tensors have; null where the format has names of its own
 */
record WrittenModel(Path file, ExportFormat format, Dialect dialect, Model model) {
  void tell(PrintWriter out) {
    out.println("%s, %s: %s".formatted(Visible.of(file.toString()), size(), shapes()));
    out.println("pixels:  %s".formatted(pixels()));
    out.println("labels:  %s".formatted(labels()));
    if (model.weights() instanceof Weights.Quantized && !format.holdsIntegers(dialect)) {
      out.println("weights: the numbers that the model's integers stand for, not the integers");
    }
    if (model.weights() instanceof Weights.Quantized integers && isOtherRounding(integers)) {
      out.println(
          "weights: integers; ONNX Runtime and TensorFlow Lite do not round alike, so that logits"
              + " differ by some steps from those of this model");
    }
    if (dialect != null && dialect != Dialect.CANONICAL && model.network().head().others() > 0) {
      out.println(
          "others:  nothing has a place for what the last %s outputs are: classes for who reads it"
              .formatted(Numbers.grouped(model.network().head().others())));
    }
    if (dialect != null
        && dialect != Dialect.CANONICAL
        && !model.confidence().equals(Confidence.NONE)) {
      out.println(
          "sure:    temperature and threshold are not written, nothing has a place for them");
    }
    out.println("read it: %s".formatted(Visible.of(call())));
    out.flush();
  }

  /** Returns whether who reads the file rounds otherwise than the model does. */
  private boolean isOtherRounding(Weights.Quantized integers) {
    boolean floats =
        integers.layer(model.network().stem()).rounding() == QuantizedLayer.Rounding.FLOAT;
    return format == (floats ? ExportFormat.TFLITE : ExportFormat.ONNX);
  }

  private String size() {
    try {
      return Numbers.grouped(Math.ceilDiv(Files.size(file), 1024)) + " KiB";
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }

  private String shapes() {
    Shape in = model.network().input();
    int classes = model.network().classes() + model.network().head().others();
    return switch (format) {
      case ONNX ->
          "x [N, %s, %s, %s] to logits [N, %s], float32"
              .formatted(in.channels(), in.height(), in.width(), classes);
      case TFLITE ->
          "[1, %s, %s, %s] to %s"
              .formatted(
                  in.height(),
                  in.width(),
                  in.channels(),
                  switch (model.weights()) {
                    case Weights.Quantized quantized ->
                        "[1, %s], %s in and %s out"
                            .formatted(
                                model.network().outputs(),
                                quantized.ends().inputType(),
                                quantized.ends().outputType());
                    case Weights.Trained _, Weights.Folded _ ->
                        "logits [1, %s], float32".formatted(classes);
                  });
      case H5, TFJS ->
          "[N, %s, %s, %s] to probabilities [N, %s], float32"
              .formatted(in.height(), in.width(), in.channels(), classes);
      case PTH, SAFETENSORS -> "tensors in the names of " + dialect;
    };
  }

  private String pixels() {
    return "%s, then (value / 255 − mean) / std; mean %s, std %s"
        .formatted(
            model.network().input().channels() == 1 ? "grey" : "red, green, blue",
            numbers(model.preprocessing().mean()),
            numbers(model.preprocessing().std()));
  }

  private static String numbers(List<Double> values) {
    return values.stream().distinct().count() == 1
        ? rounded(values.getFirst())
        : values.stream().map(WrittenModel::rounded).collect(Collectors.joining(" "));
  }

  private static String rounded(double value) {
    return Numbers.plain(Math.round(value * 1e4) / 1e4);
  }

  private String labels() {
    String count = Numbers.grouped(model.labels().names().size());
    return dialect == null || dialect == Dialect.CANONICAL
        ? count + ", in the file"
        : switch (dialect) {
          case TIMM, HUGGING_FACE -> count + ", in config.json beside it";
          default -> "not written, nor how pixels are preprocessed: nothing has a place for it";
        };
  }

  private String call() {
    return switch (format) {
      case ONNX -> "onnxruntime.InferenceSession(\"%s\").run(None, {\"x\": x})".formatted(file);
      case TFLITE -> "ai_edge_litert.interpreter.Interpreter(\"%s\")".formatted(file);
      case TFJS -> "await tf.loadLayersModel(\"%s\")".formatted(file);
      case H5 -> "keras.models.load_model(\"%s\")".formatted(file);
      case PTH -> "torch.load(\"%s\", weights_only=True)".formatted(file);
      case SAFETENSORS ->
          dialect == Dialect.CANONICAL
              ? "mobilenet4j classify --model %s PICTURE".formatted(file)
              : "safetensors.torch.load_file(\"%s\")".formatted(file);
    };
  }
}

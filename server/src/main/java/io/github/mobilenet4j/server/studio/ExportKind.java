package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.formats.Export;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.formats.ExportFormat;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import java.util.Arrays;
import java.util.Locale;

/** What a model can be taken home as, by the names that the pages have for it. */
enum ExportKind {
  SAFETENSORS(ExportFormat.SAFETENSORS),
  ONNX(ExportFormat.ONNX),
  TFLITE(ExportFormat.TFLITE),
  KERAS(ExportFormat.H5),
  PYTORCH(ExportFormat.PTH),
  TFJS(ExportFormat.TFJS);

  private final ExportFormat format;

  ExportKind(ExportFormat format) {
    this.format = format;
  }

  /** Returns the name of the file. */
  String file() {
    return "model" + format.ending();
  }

  static ExportKind of(String text) {
    return Arrays.stream(values())
        .filter(kind -> kind.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() ->
            Refusal.bad(
                "there is no format %s, expected of %s"
                    .formatted(Refusal.abridged(text), Arrays.toString(values()))));
  }

  Export export(Model model) {
    return format.export(BatchNormStyle.FOLDED, format.dialect(model, null), DataType.F32);
  }
}

package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.formats.Export;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.formats.KerasExport;
import io.github.mobilenet4j.formats.OnnxExport;
import io.github.mobilenet4j.formats.SafetensorsExport;
import io.github.mobilenet4j.formats.TfjsExport;
import io.github.mobilenet4j.formats.TfliteExport;
import io.github.mobilenet4j.formats.TorchExport;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.util.Arrays;
import java.util.Locale;

/** What a model can be taken home as. */
enum ExportKind {
  SAFETENSORS("model.safetensors"),
  ONNX("model.onnx"),
  TFLITE("model.tflite"),
  KERAS("model.h5"),
  PYTORCH("model.pth"),
  TFJS("model.json");

  private final String file;

  ExportKind(String file) {
    this.file = file;
  }

  /** Returns the name of the file. */
  String file() {
    return file;
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
    return switch (this) {
      case SAFETENSORS -> new SafetensorsExport(Dialect.CANONICAL, DataType.F32);
      case ONNX -> new OnnxExport(BatchNormStyle.FOLDED);
      case TFLITE -> new TfliteExport(DataType.F32);
      case KERAS -> new KerasExport();
      case PYTORCH -> new TorchExport(TorchExport.dialect(model), DataType.F32);
      case TFJS -> new TfjsExport();
    };
  }
}

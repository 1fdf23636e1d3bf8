package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.formats.Export;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.formats.ExportFormat;
import io.github.mobilenet4j.formats.OnnxExport;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes a model for another runtime. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Write a model for another runtime: phone, browser, server, Python.",
    description = {
      "",
      "Formats:",
      "  onnx         ONNX, opset 17: x [N, 3, H, W] to logits [N, classes]; any N; of a quantised"
          + " model its",
      "               integers (QDQ)",
      "  tflite       TensorFlow Lite: [1, H, W, 3] to logits [1, classes]; of a quantised model"
          + " its",
      "               integers, to its own output",
      "  h5           a whole Keras model; keras.models.load_model opens it",
      "  tfjs         TensorFlow.js: model.json and its weights beside it; tf.loadLayersModel",
      "  pth          a PyTorch state_dict; torch.load(..., weights_only=True) opens it",
      "  safetensors  tensors by name; without --dialect this program's model file",
      "",
      "The input is a preprocessed picture; mobilenet4j info --model IN says how it is "
          + "preprocessed. Labels and preprocessing are written too, except in the names of "
          + "tutorial: into the file, or for timm and hugging_face into config.json and "
          + "preprocessor_config.json beside it.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j export pets.safetensors pets.onnx",
      "  mobilenet4j export pets.safetensors pets.tflite",
      "  mobilenet4j export --dialect timm pets.safetensors hub/model.safetensors",
      "  mobilenet4j export --precision bf16 checkpoint.pth small.safetensors"
    })
final class ExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "One of ${COMPLETION-CANDIDATES}; default: what the name of OUT ends in.")
  private ExportFormat format;

  @Option(
      names = "--dialect",
      paramLabel = "NAMES",
      description =
          "Whose names the tensors get (pth, safetensors): tutorial, timm or hugging_face. Default "
              + "for pth: those they came in, or else the first whose network is this one.")
  private Dialect dialect;

  @Option(
      names = "--batch-norm",
      paramLabel = "STYLE",
      description =
          "folded: multiplied into the kernels; kept: operators of its own, for training (onnx). "
              + "Default: folded.")
  private BatchNormStyle batchNorm;

  /** How kernels are stored. */
  private enum Precision {
    F32,
    F16,
    BF16;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description =
          "How kernels are stored (pth, safetensors, tflite): f32, or half as large f16 or bf16 "
              + "(not tflite). Default: f32, of a quantised model its integers.")
  private Precision precision;

  @Option(
      names = "--signed-kernels",
      description =
          "Of a quantised model (onnx): write kernels as int8, which ONNX Runtime multiplies"
              + " faster, but on processors without VNNI or the like not exactly. Default: uint8.")
  private boolean signedKernels;

  @Mixin private Conversion files;

  @Override
  public Integer call() {
    ExportFormat chosen = format == null ? ExportFormat.of(files.out) : format;
    Set<ExportFormat> named = EnumSet.of(ExportFormat.PTH, ExportFormat.SAFETENSORS);
    refuse("--dialect", dialect, chosen, named);
    refuse(
        "--precision",
        precision,
        chosen,
        EnumSet.of(ExportFormat.PTH, ExportFormat.SAFETENSORS, ExportFormat.TFLITE));
    refuse("--batch-norm", batchNorm, chosen, EnumSet.of(ExportFormat.ONNX));
    refuse("--signed-kernels", signedKernels ? true : null, chosen, EnumSet.of(ExportFormat.ONNX));
    Model model = files.read();
    Dialect names = chosen.dialect(model, dialect);
    BatchNormStyle style = batchNorm == null ? BatchNormStyle.FOLDED : batchNorm;
    DataType kernels = precision == null ? DataType.F32 : DataType.valueOf(precision.name());
    Export export =
        signedKernels ? new OnnxExport(style, DataType.I8) : chosen.export(style, names, kernels);
    export.write(files.out, model);
    new WrittenModel(files.out, chosen, names, model).tell(spec.commandLine().getOut());
    return 0;
  }

  private void refuse(String option, Object value, ExportFormat chosen, Set<ExportFormat> takenBy) {
    if (value != null && !takenBy.contains(chosen)) {
      throw new ParameterException(
          spec.commandLine(), "%s is for %s, not for %s".formatted(option, takenBy, chosen));
    }
  }
}

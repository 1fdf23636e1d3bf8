package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.formats.ExportFormat;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Turns a model of one format into another's. */
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Turn a model of one format into another's.",
    description = {
      "",
      "IN may be a file of any format that is read. The name of OUT decides what it becomes: "
          + ".safetensors (this program's model file), .pth, .pt or .bin (PyTorch), .onnx, .h5 "
          + "(Keras), .tflite, .json (TensorFlow.js).",
      "",
      "Weights are kept bit for bit, and BatchNorm as it is, so that converting back gives the same"
          + " model, with two exceptions: TensorFlow Lite has BatchNorm folded into the kernels,"
          + " and in the names of tutorial and timm another epsilon is made up for in the"
          + " variances. mobilenet4j export has settings.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j convert mobilenet_1_0_224_tf.h5 mobilenet.safetensors",
      "  mobilenet4j convert checkpoint.pth.tar mobilenet.tflite",
      "  mobilenet4j convert --classes pets.txt keras:1.0_224 pets.safetensors",
      "  mobilenet4j convert --classes pets.txt --others wild.txt keras:1.0_224 pets.safetensors"
    })
final class ConvertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private Conversion files;

  @Option(
      names = "--classes",
      paramLabel = "FILE",
      description =
          "Keep these classes only: on each line a label, an index or, of ImageNet's, a WordNet"
              + " number, and behind a tab another name.")
  private Path classes;

  @Option(
      names = "--others",
      paramLabel = "FILE",
      description =
          "With --classes: outputs of these classes are kept too, listed in the same way, for what"
              + " is none of the others. They are never named; calibrate's threshold then tells by"
              + " them.")
  private Path others;

  @Option(
      names = "--metadata",
      paramLabel = "NAME=TEXT",
      description = "What else the file is to say of the model, such as its licence. Repeatable.")
  private Map<String, String> metadata = Map.of();

  @Override
  public Integer call() {
    if (others != null && classes == null) {
      throw new ParameterException(spec.commandLine(), "--others is for use with --classes");
    }
    ExportFormat format = ExportFormat.of(files.out);
    Model model =
        classes == null
            ? files.read()
            : ClassesFile.select(files.read(), classes, Optional.ofNullable(others));
    model = model.withMetadata(metadata);
    Dialect names = format.dialect(model, null);
    format.export(BatchNormStyle.KEPT, names, DataType.F32).write(files.out, model);
    new WrittenModel(files.out, format, names, model).tell(spec.commandLine().getOut());
    return 0;
  }
}

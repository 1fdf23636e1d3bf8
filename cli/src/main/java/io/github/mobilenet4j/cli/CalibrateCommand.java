package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.ConfidenceFit;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.formats.ExportFormat;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.weights.Confidence;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a model's probabilities honest, and lets it say that it knows none of what it sees. */
@Command(
    name = "calibrate",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Make probabilities honest, and let a model say that an image shows nothing it knows.",
    description = {
      "",
      "Writes the same weights with two numbers beside them. The temperature, by which logits are"
          + " divided, is the one of the least cross-entropy. An image whose largest logit is below"
          + " the threshold is said to show none of the classes.",
      "",
      "Both are found on labelled pictures that the model has not learned from; or given.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j calibrate pets.safetensors pets2.safetensors --images pets/validation",
      "  mobilenet4j calibrate pets.safetensors pets2.safetensors --images pets/validation \\",
      "      --unknown 0.08 --others holidays/",
      "  mobilenet4j calibrate pets.safetensors pets2.safetensors --temperature 1.3 --threshold 9"
    })
final class CalibrateCommand implements Callable<Integer> {
  private static final int BATCH = 16;

  @Spec private CommandSpec spec;
  @Mixin private Conversion files;
  @Mixin private ThreadsOption threads;

  @Option(
      names = "--images",
      paramLabel = "DATA",
      converter = ImageFiles.PathConverter.class,
      description = "Labelled pictures, as evaluate takes them.")
  private Path images;

  @Option(
      names = "--unknown",
      paramLabel = "P",
      defaultValue = "0.05",
      description =
          "The part of them that may be taken for none of the classes. Default: ${DEFAULT-VALUE}.")
  private double unknown;

  @Option(
      names = "--others",
      paramLabel = "DIR",
      converter = ImageFiles.PathConverter.class,
      description = "Pictures of other things, to say how many of them are found out.")
  private Path others;

  @Option(names = "--temperature", paramLabel = "T", description = "Instead of the one found.")
  private Double temperature;

  @Option(names = "--threshold", paramLabel = "X", description = "Instead of the one found.")
  private Double threshold;

  @Override
  public Integer call() {
    if (images == null && temperature == null && threshold == null) {
      throw new ParameterException(
          spec.commandLine(), "expected --images, --temperature or --threshold");
    }
    ExportFormat format = ExportFormat.of(files.out);
    Model model = files.read();
    model.network().requireClassifier();
    Dataset data = images == null ? null : Splits.read(images, Splits.Fractions.NONE).evaluation();
    Model calibrated = model.withConfidence(confidence(model, data));
    Dialect names = format.dialect(calibrated, null);
    format.export(BatchNormStyle.KEPT, names, DataType.F32).write(files.out, calibrated);
    print(model, calibrated, data);
    new WrittenModel(files.out, format, names, calibrated).tell(spec.commandLine().getOut());
    return 0;
  }

  private Confidence confidence(Model model, Dataset data) {
    Confidence found = data == null ? model.confidence() : fitted(model, data);
    return new Confidence(
        temperature == null ? found.temperature() : temperature,
        threshold == null ? found.threshold() : OptionalDouble.of(threshold));
  }

  private Confidence fitted(Model model, Dataset data) {
    try (Evaluator evaluator = evaluator(model, data);
        ProgressBar bar = Terminal.bar(data.size())) {
      return ConfidenceFit.of(evaluator.logits(bar == null ? _ -> {} : bar::stepTo), unknown);
    }
  }

  private Evaluator evaluator(Model model, Dataset data) {
    return new Evaluator(model, data, BATCH, threads.count(), 0, false);
  }

  private Evaluation evaluation(Model model, Dataset data) {
    try (Evaluator evaluator = evaluator(model, data)) {
      return evaluator.evaluate(_ -> {});
    }
  }

  private void print(Model before, Model after, Dataset data) {
    PrintWriter out = spec.commandLine().getOut();
    Confidence confidence = after.confidence();
    Table table =
        new Table(
            Table.Column.text(""), Table.Column.number("before"), Table.Column.number("after"));
    table.row(
        "temperature",
        Numbers.fixed(before.confidence().temperature(), 3),
        Numbers.fixed(confidence.temperature(), 3));
    table.row("threshold", threshold(before.confidence()), threshold(confidence));
    if (data != null) {
      Evaluation old = evaluation(before, data);
      Evaluation now = evaluation(after, data);
      table.row(
          "calibration error",
          Numbers.percent(old.expectedCalibrationError()),
          Numbers.percent(now.expectedCalibrationError()));
      table.row("loss", Numbers.fixed(old.loss(), 4), Numbers.fixed(now.loss(), 4));
      table.row(
          "said to be none of them",
          Numbers.percent(old.unknown()),
          Numbers.percent(now.unknown()));
    }
    if (others != null) {
      table.row(
          "of other things", Numbers.percent(unknown(before)), Numbers.percent(unknown(after)));
    }
    table.print(out, spec.commandLine().getColorScheme().ansi());
    out.println();
  }

  private static String threshold(Confidence confidence) {
    return confidence.threshold().isEmpty()
        ? "none"
        : Numbers.fixed(confidence.threshold().getAsDouble(), 3);
  }

  /** Returns the part of the pictures of other things of which the model says so. */
  private double unknown(Model model) {
    List<Path> paths =
        ImageFiles.of(
            others, (_, fault) -> Errors.report(spec.commandLine().getErr(), fault.getMessage()));
    ImageReader reader = new ImageReader();
    try (Classifier classifier = Classifier.of(model, threads.count())) {
      return paths.stream()
          .mapToInt(path -> classifier.classify(reader.read(path), 1).unknown() ? 1 : 0)
          .average()
          .orElseThrow();
    }
  }
}

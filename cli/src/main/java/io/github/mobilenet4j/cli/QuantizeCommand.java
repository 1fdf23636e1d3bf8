package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.formats.ExportFormat;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.quantization.Calibration;
import io.github.mobilenet4j.quantization.Granularity;
import io.github.mobilenet4j.quantization.LayerLoss;
import io.github.mobilenet4j.quantization.QuantizationResult;
import io.github.mobilenet4j.quantization.Quantizer;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes integers of a model's floats. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Make a model of 8-bit integers: a quarter of the size, for integer arithmetic.",
    description = {
      "",
      "The layers' ranges are measured on pictures from DIR, which should be such as the model will"
          + " see. Labels are not needed. Where DIR has a folder for each of the model's classes,"
          + " perhaps in folders train and test, the accuracy is measured before and after: ranges"
          + " on train, accuracy on test, if there are such.",
      "",
      "For every layer it is told how far its output is from that in floats: the ratio of signal to"
          + " noise in dB, 6 dB being one bit.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j quantize pets.safetensors pets-int8.safetensors --images pets/",
      "  mobilenet4j quantize pets.safetensors pets-int8.safetensors --images pets/ --per-tensor"
          + " --equalize",
      "",
      "JSON, one object on one line; accuracy is null where there are no classes:",
      "  {\"path\":…,\"calibrationImages\":…,\"quantization\":…,\"layers\":[{\"name\":…,",
      "   \"scale\":…,\"zeroPoint\":…,\"signalToNoise\":…}],",
      "   \"accuracy\":{\"images\":…,\"top1Before\":…,\"top1After\":…}}"
    })
final class QuantizeCommand implements Callable<Integer> {
  private static final int BATCH = 16;

  @Spec private CommandSpec spec;
  @Mixin private Conversion files;
  @Mixin private ThreadsOption threads;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      required = true,
      converter = ImageFiles.PathConverter.class,
      description = "Pictures to measure on.")
  private Path images;

  @Option(
      names = "--calibration-images",
      paramLabel = "N",
      converter = AtLeastOne.class,
      defaultValue = "100",
      description =
          "How many of them, evenly spread, the ranges are measured on. Default: ${DEFAULT-VALUE}.")
  private int calibrationImages;

  @ArgGroup private Scales scales;

  /** What of a kernel shares a scale. */
  static final class Scales {
    @Option(
        names = "--per-channel",
        description = "A scale for each channel of a kernel; the default.")
    private boolean perChannel;

    @Option(
        names = "--per-tensor",
        description =
            "One scale for a whole kernel, for hardware that has no other; --equalize then helps.")
    private boolean perTensor;
  }

  @Option(
      names = "--calibration",
      paramLabel = "HOW",
      defaultValue = "minmax",
      description =
          "Which range of a layer's outputs is kept: minmax, all that was seen; percentile, all but"
              + " one of 10,000; mse, the one of the least squared error. Default: minmax.")
  private Calibration calibration;

  @Option(
      names = "--equalize",
      description = "First bring the channels of each kernel to about the same range.")
  private boolean equalize;

  @Option(
      names = "--bias-correction",
      description = "Let biases make up for what rounding kernels changes of mean outputs.")
  private boolean biasCorrection;

  @Option(names = "--json", description = "Print one JSON object on one line.")
  private boolean json;

  /** Top-1 of the same images. */
  private record Accuracy(int images, double before, double after) {}

  @Override
  public Integer call() {
    ExportFormat format = ExportFormat.of(files.out);
    Model model = files.read();
    Dialect names = format.dialect(model, null);
    if (!format.holdsIntegers(names)) {
      throw new ParameterException(
          spec.commandLine(), format + " is not written with integers, only with floats");
    }
    Splits splits = splits(model);
    QuantizationResult result =
        new Quantizer()
            .granularity(
                scales != null && scales.perTensor
                    ? Granularity.PER_TENSOR
                    : Granularity.PER_CHANNEL)
            .calibration(calibration)
            .equalize(equalize)
            .biasCorrection(biasCorrection)
            .threads(threads.count())
            .quantize(model, splits == null ? unlabelled() : labelled(splits.train()));
    Model quantized = result.model();
    format.export(BatchNormStyle.FOLDED, names, DataType.F32).write(files.out, quantized);
    Accuracy accuracy = splits == null ? null : accuracy(model, quantized, splits.evaluation());
    if (json) {
      printJson(result, accuracy);
    } else {
      print(result, accuracy);
      new WrittenModel(files.out, format, names, quantized).tell(spec.commandLine().getOut());
    }
    return 0;
  }

  /** Returns the labelled images; null where they have no classes of the model. */
  private Splits splits(Model model) {
    try {
      Splits splits = Splits.read(images, Splits.Fractions.NONE);
      evaluator(model, splits.evaluation()).close();
      return splits;
    } catch (MobileNetException e) {
      report("the accuracy is not measured: " + e.getMessage());
      return null;
    }
  }

  private Evaluator evaluator(Model model, Dataset data) {
    return new Evaluator(model, data, BATCH, threads.count(), 0, false);
  }

  private void report(String message) {
    Errors.report(spec.commandLine().getErr(), message);
  }

  private List<RgbImage> labelled(Dataset data) {
    return spread(data.size(), data::image);
  }

  private List<RgbImage> unlabelled() {
    List<Path> paths = ImageFiles.of(images, (path, fault) -> report(fault.getMessage()));
    ImageReader reader = new ImageReader();
    return spread(paths.size(), i -> reader.read(paths.get(i)));
  }

  /** Reads as many images as are wanted, from all over; those that are unreadable are left out. */
  private List<RgbImage> spread(int size, IntFunction<RgbImage> image) {
    int count = Math.min(size, calibrationImages);
    List<RgbImage> read = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      try {
        read.add(image.apply((int) ((long) i * size / count)));
      } catch (ImageException e) {
        report("left out: " + e.getMessage());
      }
    }
    return read;
  }

  /** Measures both models. */
  private Accuracy accuracy(Model before, Model after, Dataset data) {
    Evaluation measured;
    try (Evaluator evaluator = evaluator(before, data)) {
      if (evaluator.classesByOrder()) {
        report("no class of the data has a name of the model's: paired in their order");
      }
      measured = evaluator.evaluate(_ -> {});
    }
    try (Evaluator evaluator = evaluator(after, data)) {
      return new Accuracy(measured.images(), measured.top1(), evaluator.evaluate(_ -> {}).top1());
    }
  }

  private void printJson(QuantizationResult result, Accuracy accuracy) {
    JsonObject.of(files.out)
        .with("calibrationImages", result.images())
        .with("quantization", result.model().metadata().get(Quantizer.QUANTIZATION))
        .with("layers", result.layers(), QuantizeCommand::json)
        .with(
            "accuracy",
            accuracy == null
                ? null
                : new JsonObject()
                    .with("images", accuracy.images)
                    .with("top1Before", accuracy.before)
                    .with("top1After", accuracy.after))
        .print(spec.commandLine().getOut());
  }

  private static Map<String, Object> json(LayerLoss loss) {
    return new JsonObject()
        .with("name", loss.layer().name())
        .with("scale", (double) loss.output().scale())
        .with("zeroPoint", loss.output().zeroPoint())
        .with("signalToNoise", loss.signalToNoise());
  }

  private void print(QuantizationResult result, Accuracy accuracy) {
    PrintWriter out = spec.commandLine().getOut();
    Table table =
        new Table(
            Table.Column.text("layer"),
            Table.Column.number("scale"),
            Table.Column.number("zero point"),
            Table.Column.number("signal to noise"));
    for (LayerLoss loss : result.layers()) {
      table.row(
          loss.layer().name(),
          Numbers.significant(loss.output().scale()),
          Integer.toString(loss.output().zeroPoint()),
          Numbers.fixed(loss.signalToNoise(), 1) + " dB");
    }
    table.print(out, spec.commandLine().getColorScheme().ansi());
    out.println();
    out.println(result.model().metadata().get(Quantizer.QUANTIZATION));
    if (accuracy != null) {
      out.println(
          "top-1 of %s: %s before, %s after"
              .formatted(
                  Numbers.count(accuracy.images, "picture"),
                  Numbers.percent(accuracy.before),
                  Numbers.percent(accuracy.after)));
    }
  }
}

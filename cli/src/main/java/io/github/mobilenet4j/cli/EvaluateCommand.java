package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Split;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Evaluator;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.report.HtmlReport;
import io.github.mobilenet4j.report.Learned;
import io.github.mobilenet4j.report.Mistake;
import io.github.mobilenet4j.report.Report;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.IntConsumer;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures a model on labelled pictures. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Measure how good a model is on labelled pictures.",
    description = {
      "",
      "DATA is a folder of pictures in a folder for each class, perhaps with folders train,"
          + " validation and test above; or a folder of IDX files; or a CSV file of path and label."
          + " Its classes are found in the model by name; where no name is the same and there are"
          + " as many, in their order.",
      "",
      "A picture that cannot be read is reported and left out; with --strict it is an error.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j evaluate --model FILE pictures/",
      "  mobilenet4j evaluate --model FILE --split validation --seed 1 pictures/",
      "  mobilenet4j evaluate --model FILE --report report.html pictures/",
      "  mobilenet4j evaluate --model FILE --predictions all.csv pictures/",
      "  mobilenet4j evaluate --model FILE --json pictures/ | jq .top1",
      "",
      "To find wrong labels: pictures that the model learned from, and yet finds to be of another",
      "class, the surest first.",
      "  mobilenet4j evaluate --model runs/pets/model.safetensors --split train \\",
      "      --predictions train.csv --report train.html pets/",
      "",
      "JSON, one object on one line; shares are fractions of 1:",
      "  {\"images\":…,\"imagesPerSecond\":…,\"top1\":…,\"top1Interval\":[…,…],\"top5\":…,",
      "   \"loss\":…,\"macroPrecision\":…,\"macroRecall\":…,\"macroF1\":…,",
      "   \"meanConfidence\":…,\"expectedCalibrationError\":…,\"unknown\":…,",
      "   \"reliability\":[{\"from\":…,\"to\":…,\"images\":…,\"confidence\":…,",
      "   \"accuracy\":…}],\"classes\":[{\"name\":…,\"precision\":…,\"recall\":…,\"f1\":…,",
      "   \"support\":…}],\"confusion\":[[…]],\"classesByOrder\":…,",
      "   \"unreadable\":[{\"name\":…,\"reason\":…}]}",
      "unknown is the share that the model says to be none of its classes (calibrate).",
      "confusion has a row for each true class and a column for each predicted one."
    })
final class EvaluateCommand implements Callable<Integer> {
  private static final int MISTAKES = 24;
  private static final double VALIDATION = 0.1;
  private static final long SEED = 1;

  @Spec private CommandSpec spec;
  @Mixin private ModelOption modelOption;
  @Mixin private ThreadsOption threads;
  @Mixin private PrecisionOption precision;

  @Parameters(paramLabel = "DATA", description = "The labelled pictures.")
  private Path path;

  @Option(
      names = "--split",
      paramLabel = "PART",
      description =
          "Which pictures: train, validation or test. Default: test if there are any, else "
              + "validation, else all; never those that the model learned from, as far as its "
              + "file says.")
  private Split split;

  @Option(
      names = "--validation",
      paramLabel = "P",
      description =
          "With --split, where DATA itself does not say: the part that was set aside for validation"
              + " in training. Default: 0.1.")
  private Double validation;

  @Option(
      names = "--test",
      paramLabel = "P",
      description = "The same for the test. Default: as the model file says, else 0.")
  private Double test;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The seed of that training. Default: as the model file says, else 1.")
  private Long seed;

  @Option(
      names = "--batch",
      paramLabel = "N",
      converter = AtLeastOne.class,
      defaultValue = "16",
      description = "Pictures a run of the network. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--strict",
      description = "A picture that cannot be read is an error; else it is left out.")
  private boolean strict;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Write a page with charts and the worst mistakes.")
  private Path reportFile;

  @Option(
      names = "--predictions",
      paramLabel = "FILE.csv",
      description = "Write a table of path, label, prediction and its probability.")
  private Path predictionsFile;

  @Option(names = "--json", description = "Print one JSON object on one line.")
  private boolean json;

  @Override
  public Integer call() {
    if (split == null && (validation != null || test != null || seed != null)) {
      throw new ParameterException(
          spec.commandLine(), "--validation, --test and --seed need --split");
    }
    Model model = modelOption.read();
    Dataset data = data(model);
    PrintWriter err = spec.commandLine().getErr();
    try (Evaluator evaluator = new Evaluator(model, data, batch, threads.count(), 0, strict)) {
      evaluator.precision(precision.of(model));
      if (evaluator.classesByOrder()) {
        Errors.report(err, "no class of the data has a name of the model's: paired in their order");
      }
      Evaluation evaluation = evaluate(evaluator, data);
      int unreadable = evaluation.unreadable().size();
      if (unreadable > 0) {
        Errors.report(err, Numbers.grouped(unreadable) + " of the pictures left out, not readable");
      }
      if (reportFile != null) {
        HtmlReport.write(report(model, data, evaluation), reportFile);
      }
      if (predictionsFile != null) {
        AtomicFile.writeText(predictionsFile, PredictionTable.of(evaluation, data));
      }
      if (json) {
        EvaluationJson.of(evaluation, evaluator.classesByOrder())
            .print(spec.commandLine().getOut());
      } else {
        new EvaluationTables(spec.commandLine(), evaluation).print();
      }
    }
    return 0;
  }

  private Dataset data(Model model) {
    boolean own = isWhatItLearnedFrom(model);
    boolean divided = split != null || own;
    Splits splits = Splits.read(path, divided ? fractions(model) : Splits.Fractions.NONE);
    if (split == null) {
      Dataset data = splits.evaluation();
      if (own) {
        Errors.report(
            spec.commandLine().getErr(),
            "the model learned from these pictures; "
                + (data == splits.train()
                    ? "none was set aside"
                    : "measured are the %s that it did not"
                        .formatted(Numbers.grouped(data.size()))));
      }
      return data;
    }
    Dataset data = splits.get(split);
    if (data.size() == 0) {
      throw new MobileNetException("%s: no pictures for %s".formatted(path, Numbers.words(split)));
    }
    return data;
  }

  private boolean isWhatItLearnedFrom(Model model) {
    String data = model.metadata().get(TrainCommand.DATA);
    try {
      return data != null && Files.isSameFile(path, Path.of(data));
    } catch (IOException | InvalidPathException _) {
      return false; // one of them is not here
    }
  }

  private Splits.Fractions fractions(Model model) {
    return new Splits.Fractions(
        validation != null
            ? validation
            : metadata(model, TrainCommand.VALIDATION, Double::valueOf, VALIDATION),
        test != null ? test : metadata(model, TrainCommand.TEST, Double::valueOf, 0.0),
        seed != null ? seed : metadata(model, "seed", Long::valueOf, SEED));
  }

  private static <T> T metadata(Model model, String name, Function<String, T> number, T otherwise) {
    String value = model.metadata().get(name);
    try {
      return value == null ? otherwise : number.apply(value);
    } catch (NumberFormatException e) {
      throw new MobileNetException(
          "the model says that its training had %s %s, expected a number".formatted(name, value),
          e);
    }
  }

  private static Evaluation evaluate(Evaluator evaluator, Dataset data) {
    try (ProgressBar bar = Terminal.bar(data.size())) {
      IntConsumer progress = bar == null ? _ -> {} : bar::stepTo;
      return evaluator.evaluate(progress);
    }
  }

  private Report report(Model model, Dataset data, Evaluation evaluation) {
    MobileNetV1 network = model.network();
    String size = network.height() + " × " + network.width();
    String width = Numbers.plain(network.widthMultiplier());
    Path name = path.toAbsolutePath().normalize().getFileName();
    String which = split == null ? "" : ", " + Numbers.words(split);
    Map<String, String> options = new LinkedHashMap<>();
    options.put("model", modelOption.toString());
    options.put("data", path + which);
    options.put("width multiplier", width);
    options.put("input", size);
    options.put("crop", Numbers.words(model.preprocessing().crop()));
    options.put("crop fraction", Numbers.plain(model.preprocessing().cropFraction()));
    options.put("batch", Integer.toString(batch));
    options.put("threads", Integer.toString(threads.count()));
    String date =
        LocalDate.now().format(DateTimeFormatter.ofPattern("d MMMM yyyy", Locale.ENGLISH));
    return new Report(
        "How good is %s on %s?".formatted(modelOption.name(), name == null ? path : name),
        "MobileNet V1, width %s, %s, on %s pictures%s. %s"
            .formatted(width, size, Numbers.grouped(evaluation.images()), which, date),
        List.of(),
        Optional.of(evaluation),
        Mistake.worst(evaluation, data, MISTAKES),
        options,
        Learned.NOTHING);
  }
}

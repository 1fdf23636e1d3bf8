package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.RecordJson;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.weights.Model;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi.Style;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the most probable classes of pictures. */
@Command(
    name = "classify",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Say what photographs show.",
    description = {
      "",
      "Reads JPEG, PNG, GIF, BMP, WebP and TIFF. A picture that cannot be read is reported and the "
          + "others go on; the exit code is then 1.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  mobilenet4j classify photo.jpg",
      "  mobilenet4j classify --model FILE photo.jpg",
      "  mobilenet4j classify --model FILE --top 1 cats/ dogs/",
      "  mobilenet4j classify --model FILE --json photos/ | jq .predictions[0]",
      "",
      "JSON, one object a line:",
      "  {\"path\":…,\"predictions\":[{\"index\":…,\"label\":…,\"probability\":…}],",
      "   \"unknown\":…,\"decodeMilliseconds\":…,\"networkMilliseconds\":…,",
      "   \"milliseconds\":…}, or",
      "  {\"path\":…,\"error\":…} where there is no prediction.",
      "unknown is true where the model has a threshold (mobilenet4j help calibrate), and the"
          + " picture seems to",
      "show none of its classes.",
      "milliseconds is the sum: reading and decoding, then preprocessing and the network. A name"
          + " that is no UTF-8 has",
      "beside path, which cannot be opened then, its uri, which can."
    })
final class ClassifyCommand implements Callable<Integer> {
  private static final int BAR = 25;
  private static final int MANY = 20;

  /** Of so many classes a trained network never finds all about as probable. */
  private static final int MANY_CLASSES = 10;

  /** How many times the mean probability is hardly more than that. */
  private static final double ALIKE = 1.5;

  @Spec private CommandSpec spec;
  @Mixin private ModelOption modelOption;
  @Mixin private ThreadsOption threads;
  @Mixin private PrecisionOption precision;
  @Mixin private LabelsOption labels;

  @Option(
      names = "--top",
      paramLabel = "K",
      converter = AtLeastOne.class,
      defaultValue = "5",
      description = "How many classes to show. Default: ${DEFAULT-VALUE}.")
  private int top;

  @Option(names = "--json", description = "Print one JSON object a picture.")
  private boolean json;

  @Parameters(
      arity = "1..*",
      paramLabel = "PATH",
      converter = ImageFiles.PathConverter.class,
      description = "Pictures, and folders that are searched for pictures.")
  private List<Path> paths;

  private PrintWriter out;
  private int faults;
  private boolean warned;

  @Override
  public Integer call() {
    out = spec.commandLine().getOut();
    List<Path> images = images();
    // The first pictures are decoded while the model is read.
    try (ImageStream stream = new ImageStream(images, threads.count());
        Classifier classifier = classifier(model());
        ProgressBar progress = progressBar(images.size())) {
      while (stream.hasNext() && !out.checkError()) {
        ImageStream.Item item = stream.next();
        try {
          classify(classifier, item);
        } catch (MobileNetException e) {
          fault(item.path(), e);
        }
        if (progress != null) {
          progress.step();
        }
      }
    }
    return faults == 0 ? 0 : Errors.FAILURE;
  }

  private List<Path> images() {
    List<Path> images = new ArrayList<>();
    for (Path path : paths) {
      try {
        images.addAll(ImageFiles.of(path, this::fault));
      } catch (MobileNetException e) {
        fault(path, e);
      }
    }
    return images;
  }

  private Classifier classifier(Model model) {
    return Classifier.builder(model)
        .threads(threads.count())
        .precision(precision.of(model))
        .build();
  }

  private Model model() {
    Model model = modelOption.read();
    model.network().requireClassifier();
    return labels.in(model);
  }

  private void classify(Classifier classifier, ImageStream.Item item) {
    if (item.fault() != null) {
      throw item.fault();
    }
    long start = System.nanoTime();
    Predictions predictions = classifier.classify(item.image(), top);
    Times times = new Times(item.nanos() / 1e6, (System.nanoTime() - start) / 1e6);
    if (json) {
      printJson(item.path(), predictions, times);
    } else {
      print(item.path(), predictions, times);
    }
    warnIfUntrained(predictions, classifier.model().labels().names().size());
  }

  /** Says once that a network seems to have learned nothing: all classes are as probable. */
  private void warnIfUntrained(Predictions predictions, int classes) {
    if (!warned
        && classes >= MANY_CLASSES
        && predictions.getFirst().probability() < ALIKE / classes) {
      warned = true;
      Errors.report(
          spec.commandLine().getErr(),
          "all %s classes are about equally probable: are these weights trained?"
              .formatted(Numbers.grouped(classes)));
    }
  }

  /** Milliseconds that an image took. */
  private record Times(double decode, double network) {}

  private void print(Path path, Predictions predictions, Times times) {
    out.print(
        Table.styled(
            spec.commandLine().getColorScheme().ansi(), Visible.of(path.toString()), Style.bold));
    out.println(
        "  decode %s ms, network %s ms"
            .formatted(Numbers.fixed(times.decode, 1), Numbers.fixed(times.network, 1)));
    if (predictions.unknown()) {
      out.println("            none of the classes that the model knows; the nearest are:");
    }
    for (Prediction p : predictions) {
      String percent = Numbers.percent(p.probability());
      String bar = Bar.of(p.probability(), BAR);
      out.println(
          " ".repeat(10 - percent.length())
              + percent
              + "  "
              + bar
              + " ".repeat(BAR + 2 - bar.length())
              + Visible.of(p.label()));
    }
    out.flush();
  }

  private void printJson(Path path, Predictions predictions, Times times) {
    JsonObject.of(path)
        .with("predictions", predictions, RecordJson::of)
        .with("unknown", predictions.unknown())
        .with("decodeMilliseconds", times.decode)
        .with("networkMilliseconds", times.network)
        .with("milliseconds", times.decode + times.network)
        .print(out);
  }

  private void fault(Path path, MobileNetException e) {
    faults++;
    Errors.report(spec.commandLine().getErr(), e.getMessage());
    if (json) {
      JsonObject.of(path).with("error", e.getMessage()).print(out);
    }
  }

  /** Returns a bar on the error stream where that is the terminal and the results go elsewhere. */
  private static ProgressBar progressBar(int images) {
    return Boolean.getBoolean("mobilenet4j.progress") && images >= MANY
        ? Terminal.bar(images)
        : null;
  }
}

package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Loader;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.report.Epoch;
import io.github.mobilenet4j.report.HtmlReport;
import io.github.mobilenet4j.report.Learned;
import io.github.mobilenet4j.report.Mistake;
import io.github.mobilenet4j.report.Report;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Writes {@code report.html} at the end of a training. */
final class RunReport {
  /** Images in the report. */
  private static final int MISTAKES = 24;

  private static final int SAMPLES = 12;

  /** Learning rates of an epoch. */
  private static final int RATES = 8;

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMMM yyyy", Locale.ENGLISH);

  private RunReport() {}

  /**
   * @param images what the best model was evaluated on
   * @param evaluation empty if there were none
   */
  static void write(
      TrainingSetup setup,
      List<EpochMetrics> epochs,
      Dataset images,
      Optional<Evaluation> evaluation) {
    MobileNetV1 network = setup.network();
    Map<String, String> settings = new LinkedHashMap<>();
    setup.metadata().forEach((name, value) -> settings.put(name.replace('_', ' '), value));
    settings.putAll(setup.options().toTable());
    Report report =
        new Report(
            title(setup),
            ("%s classes, MobileNet V1 %s, %s×%s; %s pictures to learn from; the figures are of the"
                    + " best model%s on %s others. %s, trained in %s")
                .formatted(
                    network.classes(),
                    network.widthMultiplier(),
                    network.height(),
                    network.width(),
                    setup.data().train().size(),
                    setup.options().quantize()
                        ? " in integers of 8 bits, the curves from epoch %s on too,"
                            .formatted(setup.options().quantizeFrom())
                        : "",
                    images.size(),
                    LocalDate.now().format(DATE),
                    duration(epochs.isEmpty() ? 0 : epochs.getLast().seconds())),
            epochs.stream()
                .map(m ->
                    new Epoch(
                        m.epoch(),
                        m.train().loss(),
                        m.train().top1(),
                        m.validation().loss(),
                        m.validation().top1(),
                        learningRates(setup, m)))
                .toList(),
            evaluation,
            evaluation.map(e -> Mistake.worst(e, images, MISTAKES)).orElse(List.of()),
            settings,
            learned(setup));
    HtmlReport.write(report, setup.folder().report());
  }

  /**
   * Returns the rates over an epoch, so that a warm-up is seen. With a time budget the schedule
   * changed on the way, and only what was measured is sure.
   */
  private static List<Double> learningRates(TrainingSetup setup, EpochMetrics metrics) {
    TrainingOptions options = setup.options();
    if (options.minutes() > 0) {
      return List.of(metrics.learningRate());
    }
    double step = (double) setup.batch() / setup.data().train().size();
    int epoch = metrics.epoch() - 1;
    Stage stage = Stage.of(options).stream().filter(s -> epoch < s.end()).findFirst().orElseThrow();
    return IntStream.rangeClosed(1, RATES)
        .mapToObj(i ->
            i == RATES
                ? metrics.learningRate()
                : stage.learningRate(options, epoch + (double) i / RATES, options.epochs(), step))
        .toList();
  }

  /** Returns what the data is called, as far as that is known and says something. */
  private static String title(TrainingSetup setup) {
    Path data = data(setup).map(Path::of).orElse(null);
    while (data != null
        && data.getFileName() != null
        && data.getFileName().toString().matches("(?i)train|training|data|images|\\.")) {
      data = data.getParent();
    }
    return data == null || data.getFileName() == null
        ? setup.network().classes() + " classes"
        : data.getFileName().toString();
  }

  private static Optional<String> data(TrainingSetup setup) {
    return Optional.ofNullable(setup.metadata().get("data"));
  }

  private static String duration(double seconds) {
    long s = Math.round(seconds);
    return String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  private static Learned learned(TrainingSetup setup) {
    Dataset train = setup.data().train();
    int[] counts = train.counts();
    Map<String, Integer> byClass = new LinkedHashMap<>();
    IntStream.range(0, counts.length)
        .boxed()
        .sorted(Comparator.comparing(c -> -counts[c]))
        .forEach(c -> byClass.put(train.classes().get(c), counts[c]));
    Path folder = setup.folder().path();
    boolean quantized = setup.options().quantize();
    Path model = quantized ? setup.folder().quantized() : setup.folder().model();
    Map<String, String> commands = new LinkedHashMap<>();
    commands.put("Use it", "mobilenet4j classify --model %s PICTURE".formatted(model));
    commands.put(
        "For other programs",
        "mobilenet4j export %s model.%s".formatted(model, quantized ? "tflite" : "onnx"));
    data(setup)
        .ifPresent(data -> {
          commands.put(
              "Find wrong labels: what it learned and yet takes for something else",
              "mobilenet4j evaluate --model %s --split train --predictions train.csv %s"
                  .formatted(model, data));
          commands.put(
              "Train again, with other options",
              "mobilenet4j train --repeat %s --seed 2 --output %s-2".formatted(folder, folder));
        });
    return new Learned(samples(setup), byClass, commands);
  }

  /** Returns the first images of the first epoch, as the network saw them. */
  private static List<Learned.Sample> samples(TrainingSetup setup) {
    List<Learned.Sample> samples = new ArrayList<>();
    MobileNetV1 network = setup.network();
    Preprocessing preprocessing = setup.start().preprocessing();
    int size = network.height() * network.width();
    int channels = preprocessing.channels();
    try (Loader loader = setup.loader(Math.min(SAMPLES, setup.batch())).build()) {
      for (Batch batch : loader.epoch(0, 0)) {
        for (int n = 0; n < batch.n() && samples.size() < SAMPLES; n++) {
          byte[] rgb = new byte[3 * size];
          for (int i = 0; i < rgb.length; i++) {
            int channel = i % 3 % channels;
            float x = batch.x()[(n * size + i / 3) * channels + channel];
            double value = x * preprocessing.std().get(channel) + preprocessing.mean().get(channel);
            rgb[i] = (byte) Math.clamp(Math.round(255 * value), 0, 255);
          }
          samples.add(
              new Learned.Sample(
                  new RgbImage(network.height(), network.width(), rgb),
                  setup.data().train().classes().get(batch.labels()[n])));
        }
        if (samples.size() >= SAMPLES) {
          break;
        }
      }
    }
    return samples;
  }
}

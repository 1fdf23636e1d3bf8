package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.evaluation.Interval;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.run.EpochMetrics;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.StepMetrics;
import io.github.mobilenet4j.training.run.TrainingListener;
import io.github.mobilenet4j.training.run.TrainingOptions;
import io.github.mobilenet4j.training.run.TrainingResult;
import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi.Style;

/**
 * Shows a training: a bar for the epoch under way, a line for each that is done. Where nobody
 * looks, as in a log, a line now and then stands for the bar.
 */
final class TrainingDisplay implements TrainingListener, AutoCloseable {
  private final CommandLine command;
  private final TrainingOptions options;
  private final PrintWriter out;
  private final long quiet;
  private ProgressBar bar;
  private boolean stopping;
  private TimeLeft left = new TimeLeft(0, 0);
  private long spoken = System.nanoTime();
  private int epochs;

  /**
   * @param options of the training
   * @param quiet how long a log may be without a line
   */
  TrainingDisplay(CommandLine command, TrainingOptions options, Duration quiet) {
    this.command = command;
    this.options = options;
    this.quiet = quiet.toNanos();
    out = command.getOut();
  }

  void images(String data, Splits splits) {
    say(
        "%s: %s classes; pictures: %s to learn from, %s for validation, %s for a test"
            .formatted(
                bold(data),
                splits.train().classes().size(),
                Numbers.grouped(splits.train().size()),
                Numbers.grouped(splits.validation().size()),
                Numbers.grouped(splits.test().size())));
    ClassCounts counts = ClassCounts.of(splits);
    say("to learn from: " + counts.line());
    counts.warnings(options).forEach(this::remark);
  }

  /** Says why the training begins with the bundled model. */
  void few(int many) {
    say(
        "it begins with the bundled model's weights, since these are fewer than %s pictures; from"
                .formatted(Numbers.grouped(many))
            + " scratch: --from none");
  }

  @Override
  public synchronized void begins(MobileNetV1 network, int epoch, int of) {
    epochs = of;
    say(
        "MobileNet V1 %s, %s×%s: %s parameters; %s%s"
            .formatted(
                Numbers.plain(network.widthMultiplier()),
                network.height(),
                network.width(),
                Numbers.grouped(network.trainableParameters()),
                options.minutes() > 0
                    ? Numbers.plain(options.minutes()) + " minutes"
                    : Numbers.count(of, "epoch"),
                epoch > 1 ? ", resumed in epoch " + epoch : ""));
    if (options.quantize()) {
      say(
          "from epoch %s on it learns in what 8 bits hold, and validation is in such integers"
              .formatted(options.quantizeFrom()));
    }
    int alone = options.classifierEpochs();
    say(
        (alone >= epoch
                ? "%s the new classifier learns alone, then everything; "
                    .formatted(alone == 1 ? "in epoch 1" : "in epochs 1 to " + alone)
                : "")
            + "* marks the best epoch so far");
  }

  @Override
  public synchronized void step(StepMetrics step) {
    epochs = step.epochs();
    // The classifier alone learns much faster than all.
    if (left.isNew() || step.epoch() == options.classifierEpochs() + 1 && step.batch() == 1) {
      left = new TimeLeft(System.nanoTime(), steps(step));
    }
    if (stopping) {
      return;
    }
    if (!Terminal.isThere()) {
      if (System.nanoTime() - spoken >= quiet) {
        say(
            "epoch %3s/%s  %s of %s steps  %s%s"
                .formatted(
                    step.epoch(),
                    step.epochs(),
                    step.batch(),
                    step.batches(),
                    state(step),
                    left(step)));
      }
      return;
    }
    if (bar == null) {
      bar =
          Terminal.bar("epoch %s/%s".formatted(step.epoch(), step.epochs()))
              .setInitialMax(step.batches())
              .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
              .build();
    }
    bar.stepTo(step.batch());
    bar.setExtraMessage(" " + state(step) + left(step));
  }

  private static String state(StepMetrics step) {
    return "loss %s  %s correct  %s/s"
        .formatted(
            Numbers.fixed(step.loss(), 3),
            Numbers.percent(step.top1()),
            Numbers.fixed(step.imagesPerSecond(), 0));
  }

  private static long steps(StepMetrics step) {
    return (step.epoch() - 1L) * step.batches() + step.batch();
  }

  /** Returns in words how long the whole training will still take, once that can be said. */
  private String left(StepMetrics step) {
    return left.words(System.nanoTime(), steps(step), (long) step.epochs() * step.batches());
  }

  @Override
  public synchronized void validating(int images, int of) {
    if (bar != null) {
      bar.setExtraMessage(" validating: %s/%s".formatted(images, of));
    }
  }

  @Override
  public void epoch(EpochMetrics metrics, boolean best) {
    close();
    String validation =
        Double.isNaN(metrics.validation().top1())
            ? ""
            : "  validation%s: loss %s  top-1 %s"
                .formatted(
                    metrics.quantized() ? " in int8" : "",
                    Numbers.fixed(metrics.validation().loss(), 3),
                    Numbers.percent(metrics.validation().top1()));
    say(
        "epoch %3s/%s  loss %s  top-1 %s%s  %s images/s%s"
            .formatted(
                metrics.epoch(),
                epochs,
                Numbers.fixed(metrics.train().loss(), 3),
                Numbers.percent(metrics.train().top1()),
                validation,
                Numbers.fixed(metrics.imagesPerSecond(), 0),
                best ? "  *" : ""));
  }

  @Override
  public void note(String line) {
    Errors.report(command.getErr(), line);
  }

  /** Says on another thread that the training ends soon. */
  synchronized void stopping() {
    stopping = true;
    close();
    note("stopping and saving; once more ends it at once");
  }

  /** Something to think about, which is no fault. */
  private void remark(String line) {
    say("note: " + line);
  }

  void result(TrainingResult result, RunFolder folder) {
    close();
    if (!result.finished()) {
      say(
          "stopped; go on: mobilenet4j train --resume --output "
              + Visible.of(folder.path().toString()));
    }
    String epoch = result.model().metadata().get("epoch");
    result
        .evaluation()
        .ifPresent(evaluation -> {
          say(line(evaluation, epoch, result.quantized().isPresent()));
          ClassCounts.doubt(evaluation).ifPresent(this::remark);
        });
    say("model:  " + Visible.of(folder.model().toString()));
    if (result.quantized().isPresent()) {
      say("int8:   " + Visible.of(folder.quantized().toString()));
    }
    String model =
        Visible.of(
            (result.quantized().isPresent() ? folder.quantized() : folder.model()).toString());
    if (result.finished()) {
      say("report: " + Visible.of(folder.report().toString()));
      say("use it: mobilenet4j classify --model %s PICTURE".formatted(model));
    }
  }

  private static String line(Evaluation evaluation, String epoch, boolean quantized) {
    Interval range = evaluation.top1Interval();
    return "best:   epoch %s%s; of %s that it has not learned from, %s are correct (95 %%: %s to %s)"
        .formatted(
            epoch,
            quantized ? " in int8" : "",
            Numbers.count(evaluation.images(), "picture"),
            Numbers.percent(evaluation.top1()),
            Numbers.percent(range.low()),
            Numbers.percent(range.high()));
  }

  private String bold(String text) {
    return Table.styled(command.getColorScheme().ansi(), Visible.of(text), Style.bold);
  }

  private void say(String line) {
    out.println(line);
    out.flush();
    spoken = System.nanoTime();
  }

  /** Removes the bar. */
  @Override
  public synchronized void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}

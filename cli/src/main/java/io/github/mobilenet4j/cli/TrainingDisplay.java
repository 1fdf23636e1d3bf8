package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.run.EpochMetrics;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.StepMetrics;
import io.github.mobilenet4j.training.run.TrainingListener;
import io.github.mobilenet4j.training.run.TrainingResult;
import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi.Style;

/** Shows a training: a bar for the epoch under way, a line for each that is done. */
final class TrainingDisplay implements TrainingListener, AutoCloseable {
  private final CommandLine command;
  private final double minutes;
  private final PrintWriter out;
  private ProgressBar bar;
  private boolean stopping;
  private int epochs;

  /**
   * @param minutes the time budget, 0 for none
   */
  TrainingDisplay(CommandLine command, double minutes) {
    this.command = command;
    this.minutes = minutes;
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
  }

  @Override
  public void begins(MobileNetV1 network, int epoch, int of) {
    say(
        "MobileNet V1 %s, %s×%s: %s parameters; %s%s"
            .formatted(
                Numbers.plain(network.widthMultiplier()),
                network.height(),
                network.width(),
                Numbers.grouped(network.trainableParameters()),
                minutes > 0 ? Numbers.plain(minutes) + " minutes" : of + " epochs",
                epoch > 1 ? ", resumed in epoch " + epoch : ""));
  }

  @Override
  public synchronized void step(StepMetrics step) {
    epochs = step.epochs();
    if (!Terminal.isThere() || stopping) {
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
    bar.setExtraMessage(
        " loss %s  %s correct  %s/s"
            .formatted(
                Numbers.fixed(step.loss(), 3),
                Numbers.percent(step.top1()),
                Numbers.fixed(step.imagesPerSecond(), 0)));
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
            : "  validation: loss %s  top-1 %s"
                .formatted(
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

  void result(TrainingResult result, RunFolder folder) {
    close();
    if (!result.finished()) {
      say(
          "stopped; go on: mobilenet4j train --resume --output "
              + Visible.of(folder.path().toString()));
    }
    String epoch = result.model().metadata().get("epoch");
    result.evaluation().ifPresent(evaluation -> say(line(evaluation, epoch)));
    String model = Visible.of(folder.model().toString());
    say("model:  " + model);
    if (result.finished()) {
      say("report: " + Visible.of(folder.report().toString()));
      say("use it: mobilenet4j classify --model %s PICTURE".formatted(model));
    }
  }

  private static String line(Evaluation evaluation, String epoch) {
    return "best:   epoch %s; of %s pictures that it has not learned from, %s are correct"
        .formatted(epoch, Numbers.grouped(evaluation.images()), Numbers.percent(evaluation.top1()));
  }

  private String bold(String text) {
    return Table.styled(command.getColorScheme().ansi(), Visible.of(text), Style.bold);
  }

  private void say(String line) {
    out.println(line);
    out.flush();
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

package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.run.EpochMetrics;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.StepMetrics;
import io.github.mobilenet4j.training.run.Trainer;
import io.github.mobilenet4j.training.run.TrainingListener;
import io.github.mobilenet4j.training.run.TrainingOptions;
import io.github.mobilenet4j.training.run.TrainingResult;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A training under way, on a thread of its own, and what it says of its progress. */
final class TrainingJob {
  static final String EVALUATION = "evaluation.json";
  private static final String START = "start.safetensors";
  private static final double VALIDATION = 0.15;
  private static final Duration CHECKPOINT = Duration.ofSeconds(20);
  private static final int MOST_NOTES = 20;

  private enum State {
    RUNNING,
    STOPPING,
    STOPPED,
    FINISHED,
    FAILED
  }

  private final String project;
  private final RunFolder folder;
  private final Map<String, Object> progress = new LinkedHashMap<>();
  private final List<Object> rows = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private State state = State.RUNNING;
  private @Nullable Trainer trainer;
  private long version;

  /** The images of the evaluation in the end. */
  private volatile Optional<Dataset> evaluated = Optional.empty();

  private TrainingJob(String project, RunFolder folder) {
    this.project = project;
    this.folder = folder;
  }

  /**
   * Begins a training in a new folder.
   *
   * @param classes that it has to be of
   */
  static TrainingJob begin(
      Project project, RunFolder folder, Model from, List<String> classes, int epochs) {
    TrainingJob job = new TrainingJob(project.name(), folder);
    job.start(() -> {
      try {
        Files.createDirectories(folder.path());
      } catch (IOException e) {
        throw MobileNetException.cannot("write", folder.path(), e);
      }
      ModelFile.write(folder.path().resolve(START), from);
      TrainingOptions options =
          TrainingOptions.fineTuning(from)
              .epochs(epochs)
              .classifierEpochs(Math.min(1, epochs - 1))
              .build();
      return job.trainer(project, options, classes);
    });
    return job;
  }

  /** Goes on with the training that is in a folder. */
  static TrainingJob resume(Project project, RunFolder folder, List<String> classes) {
    TrainingJob job = new TrainingJob(project.name(), folder);
    job.start(() -> job.trainer(project, folder.options(), classes).resume());
    return job;
  }

  private Trainer trainer(Project project, TrainingOptions options, List<String> classes) {
    Splits splits =
        Splits.read(project.folder(), new Splits.Fractions(VALIDATION, 0, options.seed()));
    if (!splits.train().classes().equals(classes)) {
      throw new MobileNetException(
          "a training takes the folder's classes for %s, expected %s: rename what it takes for something else"
              .formatted(splits.train().classes(), classes));
    }
    progress("learns", splits.train().size());
    progress("validates", splits.validation().size());
    evaluated = Optional.of(splits.evaluation());
    return Trainer.of(splits, options, folder)
        .from(ModelFile.read(folder.path().resolve(START)))
        .checkpointEvery(CHECKPOINT)
        .metadata("data", project.folder().toString())
        .listener(new Listener());
  }

  /** Makes a trainer, which may read files. */
  private interface Beginning {
    Trainer trainer();
  }

  private void start(Beginning beginning) {
    Thread.ofPlatform().name("mobilenet4j-train").daemon().start(() -> run(beginning));
  }

  private void run(Beginning beginning) {
    try {
      Trainer made = beginning.trainer();
      synchronized (this) {
        trainer = made;
        if (state == State.STOPPING) {
          made.stop();
        }
      }
      TrainingResult result = made.train();
      result.evaluation().ifPresent(this::keep);
      change(() -> state = result.finished() ? State.FINISHED : State.STOPPED);
    } catch (RuntimeException | Error e) {
      change(() -> {
        state = State.FAILED;
        progress.put(
            "error",
            e instanceof MobileNetException ? e.getMessage() : "an unexpected fault: " + e);
      });
    }
  }

  private void keep(Evaluation evaluation) {
    Dataset images = evaluated.orElseThrow();
    List<Confusion.Entry> entries =
        evaluation.predictions().stream()
            .map(prediction -> {
              Path file = Path.of(images.name(prediction.image()));
              return new Confusion.Entry(
                  prediction.truth(),
                  prediction.predicted(),
                  file.getParent().getFileName().toString(),
                  file.getFileName().toString());
            })
            .toList();
    Map<String, Object> json = Confusion.json(evaluation.classes(), entries);
    json.put("accuracy", evaluation.top1());
    AtomicFile.writeText(folder.path().resolve(EVALUATION), Json.text(json));
  }

  private synchronized void change(Runnable what) {
    what.run();
    version++;
    notifyAll();
  }

  private void progress(String name, Object value) {
    change(() -> progress.put(name, value));
  }

  /** Returns the project's name. */
  String project() {
    return project;
  }

  /** Returns whether it is under way. */
  synchronized boolean isRunning() {
    return state == State.RUNNING || state == State.STOPPING;
  }

  /** Makes it save everything and end. */
  synchronized void stop() {
    if (state == State.RUNNING) {
      change(() -> state = State.STOPPING);
      if (trainer != null) {
        trainer.stop();
      }
    }
  }

  /** Waits until it has ended, but not for ever. */
  synchronized void end(Duration most) throws InterruptedException {
    long end = System.nanoTime() + most.toNanos();
    while (isRunning() && System.nanoTime() < end) {
      wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
    }
  }

  /** Waits for something new, but not for ever, and returns what number that has. */
  synchronized long await(long known, Duration most) throws InterruptedException {
    long end = System.nanoTime() + most.toNanos();
    while (version == known && System.nanoTime() < end) {
      wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
    }
    return version;
  }

  /** Returns what the page shows of it. */
  synchronized Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("project", project);
    json.put("state", state.name());
    json.putAll(progress);
    json.put("rows", List.copyOf(rows));
    json.put("notes", List.copyOf(notes));
    return json;
  }

  /** Returns an epoch as JSON. */
  static Map<String, Object> row(EpochMetrics epoch) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("epoch", epoch.epoch());
    row.put("loss", finite(epoch.train().loss()));
    row.put("top1", finite(epoch.train().top1()));
    row.put("validationLoss", finite(epoch.validation().loss()));
    row.put("validationTop1", finite(epoch.validation().top1()));
    return row;
  }

  private static @Nullable Object finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** Returns the training of a folder that is not under way; empty if there is none. */
  static Optional<Map<String, Object>> json(RunFolder folder) {
    if (!folder.exists()) {
      return Optional.empty();
    }
    Map<String, Object> json = new LinkedHashMap<>();
    boolean finished = Files.exists(folder.report());
    json.put("state", finished ? State.FINISHED.name() : State.STOPPED.name());
    json.put("epochs", folder.options().epochs());
    json.put("rows", folder.epochs().stream().map(TrainingJob::row).toList());
    json.put("notes", List.of());
    return Optional.of(json);
  }

  /** Hears what the trainer says. */
  private final class Listener implements TrainingListener {
    @Override
    public void begins(MobileNetV1 network, int epoch, int epochs) {
      change(() -> {
        progress.put("epoch", epoch);
        progress.put("epochs", epochs);
        folder.epochs().stream()
            .filter(row -> row.epoch() < epoch)
            .forEach(row -> rows.add(row(row)));
      });
    }

    @Override
    public void step(StepMetrics step) {
      change(() -> {
        progress.put("epoch", step.epoch());
        progress.put("epochs", step.epochs());
        progress.put("batch", step.batch());
        progress.put("batches", step.batches());
        progress.put("loss", finite(step.loss()));
        progress.put("top1", finite(step.top1()));
        progress.put("imagesPerSecond", finite(step.imagesPerSecond()));
      });
    }

    @Override
    public void epoch(EpochMetrics metrics, boolean best) {
      change(() -> rows.add(row(metrics)));
    }

    @Override
    public void note(String line) {
      change(() -> {
        if (notes.size() < MOST_NOTES) {
          notes.add(line);
        }
      });
    }
  }
}

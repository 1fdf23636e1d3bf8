package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.server.models.ModelRepository;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The projects and models of a studio: those that are open, of each kind a few, and the training
 * that is under way, of which there is one.
 */
final class Workshop implements AutoCloseable {
  private static final int MOST_OPEN = 3;
  private static final int MOST_ENGINES = 3;
  private static final String RUN = "run";

  /** What a training may take to save everything. */
  private static final Duration SAVING = Duration.ofSeconds(20);

  private final Path root;
  private final ModelRepository models;
  private final Pictures pictures = new Pictures();
  private final ExecutorService worker =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("mobilenet4j-studio").factory());

  /** In the order of their last use; guarded by this. */
  private final Map<String, Teaching> open = new LinkedHashMap<>(8, 0.75f, true);

  private final Map<String, Stem> backbones = new LinkedHashMap<>(8, 0.75f, true);
  private final Map<String, Held> engines = new LinkedHashMap<>(8, 0.75f, true);
  private Optional<TrainingJob> job = Optional.empty();

  /** A backbone, and what it was made of. */
  private record Stem(Model model, Backbone backbone) {}

  /** An engine, and what it was made of. */
  private record Held(Object of, Engine engine) {}

  /**
   * @param root where projects lie; made when the first is
   */
  Workshop(Path root, ModelRepository models) {
    this.root = root;
    this.models = models;
  }

  Pictures pictures() {
    return pictures;
  }

  List<String> modelNames() {
    return models.names();
  }

  /** Returns the names of all projects. */
  List<String> projects() {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(root)) {
      return folders
          .filter(Files::isDirectory)
          .map(folder -> folder.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw MobileNetException.cannot("read", root, e);
    }
  }

  /**
   * Makes a project.
   *
   * @param model the name of the one that it begins with
   */
  String create(String given, String model) {
    String name = Names.require("project", given);
    models.lease(model, Optional.empty()).close();
    if (projects().stream().anyMatch(name::equalsIgnoreCase)) {
      throw Refusal.bad("there is a project %s already".formatted(name));
    }
    new Project(root.resolve(name)).create(model);
    return name;
  }

  /**
   * Returns a project, open. Which there are is said by the disk, and not by who asks.
   *
   * @throws Refusal if there is none of this name
   */
  synchronized Teaching teaching(String name) {
    if (!projects().contains(name)) {
      open.remove(name);
      throw new Refusal(
          Reason.NOT_FOUND, "there is no project %s".formatted(Refusal.abridged(name)));
    }
    Project project = new Project(root.resolve(name));
    Backbone backbone =
        backbone(
            project.model().filter(models.names()::contains).orElse(models.names().getFirst()));
    Teaching known = open.get(name);
    if (known == null || known.backbone() != backbone) {
      if (known != null) {
        known.close();
      }
      known = new Teaching(project, backbone, pictures, worker);
      open.put(name, known);
      limit(open, MOST_OPEN).ifPresent(Teaching::close);
      known.refresh(); // What it has learned is there again soon.
    }
    return known;
  }

  /** Returns the backbone of a model as it is served now. */
  private Backbone backbone(String name) {
    try (ModelRepository.Lease lease = models.lease(name, Optional.empty())) {
      Model model = lease.model().model();
      Stem known = backbones.get(name);
      if (known == null || known.model != model) {
        known = new Stem(model, new Backbone(model));
        backbones.put(name, known);
        limit(backbones, MOST_OPEN);
      }
      return known.backbone;
    }
  }

  private static <T> Optional<T> limit(Map<String, T> map, int most) {
    if (map.size() <= most) {
      return Optional.empty();
    }
    String oldest = map.keySet().iterator().next();
    return Optional.of(map.remove(oldest));
  }

  /** Returns an engine for a model that is served. */
  synchronized Engine served(String name) {
    try (ModelRepository.Lease lease = models.lease(name, Optional.empty())) {
      Model model = lease.model().model();
      return engine("model " + name, model, () -> model);
    }
  }

  /** Returns an engine for what a project has learned: its training, or its head. */
  synchronized Engine learned(String name, boolean trained) {
    Teaching teaching = teaching(name);
    if (trained) {
      Path file = requireTrained(teaching);
      try {
        FileTime time = Files.getLastModifiedTime(file);
        return engine("run " + name, time, () -> ModelFile.read(file));
      } catch (IOException e) {
        throw MobileNetException.cannot("read", file, e);
      }
    }
    Optional<Teaching.Learned> head = teaching.learned();
    return engine("head " + name, head, teaching::model);
  }

  private Engine engine(String key, Object of, Supplier<Model> model) {
    Held held = engines.get(key);
    if (held == null || !held.of.equals(of)) {
      held = new Held(of, new Engine(model.get()));
      engines.put(key, held);
      limit(engines, MOST_ENGINES);
    }
    return held.engine;
  }

  /** Says what an image shows: the classes of a project with their probabilities. */
  List<Object> predict(String name, boolean trained, RgbImage image) {
    if (trained) {
      Engine engine = learned(name, true);
      return Teaching.probabilities(engine.model().labels().names(), engine.probabilities(image));
    }
    return teaching(name).predict(image);
  }

  /** Returns the folder of a project's last training. */
  private static RunFolder run(Project project) {
    int last = 1;
    while (new RunFolder(project.own(RUN + (last + 1))).exists()) {
      last++;
    }
    return new RunFolder(project.own(RUN + last));
  }

  /** Returns the folder of a project's next training, behind the last. */
  private static RunFolder next(Project project, RunFolder last) {
    if (!last.exists()) {
      return last;
    }
    String name = last.path().getFileName().toString();
    int number = Integer.parseInt(name.substring(RUN.length()));
    return new RunFolder(project.own(RUN + (number + 1)));
  }

  /** Returns the folder of a project's training. */
  RunFolder run(String name) {
    return run(teaching(name).project());
  }

  private static Path requireTrained(Teaching teaching) {
    Path file = run(teaching.project()).model();
    if (!Files.exists(file)) {
      throw new Refusal(Reason.NOT_FOUND, "there is no model of a training yet");
    }
    return file;
  }

  /** Returns the training that is under way, or was last. */
  synchronized Optional<TrainingJob> job(String project) {
    return job.filter(known -> known.project().equals(project));
  }

  /** Begins a training, or goes on with the last. */
  synchronized TrainingJob train(String name, int epochs, boolean resume) {
    Teaching teaching = teaching(name);
    if (job.filter(TrainingJob::isRunning).isPresent()) {
      throw Refusal.bad(
          "a training of %s is under way, and there is one at a time"
              .formatted(job.get().project()));
    }
    List<String> classes = teaching.refresh().used();
    Project project = teaching.project();
    RunFolder last = run(project);
    TrainingJob begun;
    if (resume) {
      if (!last.exists()) {
        throw Refusal.bad("there is no training to go on with");
      }
      begun = TrainingJob.resume(project, last, classes);
    } else {
      Teaching.Learned head =
          teaching.learned().filter(known -> known.classes().equals(classes)).orElse(null);
      if (head == null) {
        throw Refusal.bad(
            "the classifier is not there yet: two classes with images are needed, and a moment");
      }
      begun =
          TrainingJob.begin(
              project,
              next(project, last),
              teaching.backbone().with(head.head(), classes),
              classes,
              epochs);
    }
    job = Optional.of(begun);
    return begun;
  }

  /** Returns what a project takes home. */
  Model model(String name, boolean trained) {
    return trained ? ModelFile.read(requireTrained(teaching(name))) : teaching(name).model();
  }

  @Override
  public void close() {
    Optional<TrainingJob> last;
    synchronized (this) {
      open.values().forEach(Teaching::close);
      last = job;
    }
    worker.shutdown();
    last.ifPresent(TrainingJob::stop);
    try {
      if (last.isPresent()) {
        last.get().end(SAVING);
      }
      worker.awaitTermination(SAVING.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

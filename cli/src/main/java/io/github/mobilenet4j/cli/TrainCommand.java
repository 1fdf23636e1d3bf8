package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.files.FolderLock;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.Trainer;
import io.github.mobilenet4j.training.run.TrainingOptions;
import io.github.mobilenet4j.weights.Model;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Trains a classifier. */
@Command(
    name = TrainCommand.NAME,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Train a classifier on your own pictures.",
    description = {
      "",
      "DATA is a folder with a folder of pictures for each class. Where it has folders train, "
          + "validation and test, these are used as such; else a tenth is set aside for "
          + "validation. A folder of IDX files and a CSV table of path and label will do too.",
      "",
      "With --from the network begins with somebody's weights and needs fewer pictures and less "
          + "time: first the new classifier learns alone, then everything. With fewer than 10,000 "
          + "pictures to learn from it begins with the model that comes with the program, unless "
          + "you say --from or what network it is to be (--width, --like, --channels, "
          + "--stem-stride, --init).",
      "",
      "It can be ended at any moment: Ctrl-C saves and stops, and even after kill -9 --resume goes "
          + "on where the last minute began.",
      ""
    },
    sortOptions = false,
    footer = {
      "",
      "What lies in the folder then:",
      "  model.safetensors       the best model, for classify --model",
      "  last.safetensors        the model after the last epoch",
      "  model-int8.safetensors  the best model in integers of 8 bits, with --quantize",
      "  report.html             curves, confusions, mistakes: to look at",
      "  metrics.csv             a row an epoch; TensorBoard's event files beside it",
      "  config.json             all settings, to repeat it",
      "  checkpoint.safetensors  what --resume needs",
      "",
      "Examples:",
      "  mobilenet4j train pets/",
      "  mobilenet4j train pets/ --from none --augment trivial",
      "  mobilenet4j train pets/ --from mobilenet_v1_0.75_192.tflite --minutes 30",
      "  mobilenet4j train pets/ --width 0.25 --resolution 96 --augment strong",
      "  mobilenet4j train pets/ --optimizer rmsprop --lr 0.01 --schedule exponential",
      "  mobilenet4j train pets/ --from runs/pets/model.safetensors --quantize",
      "  mobilenet4j train --resume runs/pets",
      "  mobilenet4j train --repeat runs/pets --seed 2 --output runs/pets-again",
      "",
      "It does not learn: lower --lr. Right in training, wrong in validation: --from,",
      "--augment strong, more pictures. Wrong in both: more --epochs, a larger --width."
    })
final class TrainCommand implements Callable<Integer> {
  /** How long a log is without a line. */
  private static final Duration QUIET = Duration.ofSeconds(30);

  private static final Path RUNS = Path.of("runs");
  static final String NAME = "train";
  static final String DATA = "data";
  private static final String FROM = "from";
  private static final String NONE = "none";

  /**
   * Images to learn from below which weights that know other images are worth more than what these
   * teach in as many epochs as people wait for: docs/training.md, "How it begins".
   */
  private static final int MANY = 10_000;

  /** What only a network of random values can be told. */
  private static final Set<String> OWN_NETWORK =
      Set.of("--width", "--like", "--channels", "--stem-stride", "--init");

  private static final String ENTRY = "entry";
  private static final String TEACHER = "teacher";
  static final String VALIDATION = "validation_part";
  static final String TEST = "test_part";

  @Spec private CommandSpec spec;
  @ParentCommand private Invocation invocation;

  @Parameters(
      arity = "0..1",
      paramLabel = "DATA",
      description = "The pictures. Needed unless --resume or --repeat know them.")
  private Path data;

  @Option(
      names = "--from",
      paramLabel = "FILE",
      description =
          "Weights to begin with: a file of any format that is read, hf:OWNER/NAME, bundled, or"
              + " none to begin from scratch.")
  private ModelSource from;

  @Option(names = "--entry", paramLabel = "NAME", description = "With --from: " + ModelOption.ENTRY)
  private String entry;

  @Option(
      names = "--teacher",
      paramLabel = "FILE",
      description =
          "A model whose answers are learned too, of any format that is read or hf:OWNER/NAME. It"
              + " may know more classes than DATA has.")
  private ModelSource teacher;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Folder for the result. Default: runs/ and the name of DATA.")
  private Path output;

  @Option(
      names = "--resume",
      description =
          "Go on with the training in --output, or in the folder DATA if it has one, or the last"
              + " one of DATA; where there is none, begin.")
  private boolean resume;

  @Option(
      names = "--repeat",
      paramLabel = "DIR",
      description =
          "Begin anew with pictures, weights and settings of the training in this "
              + "folder, where nothing else is said.")
  private Path repeat;

  @Option(
      names = "--validation",
      paramLabel = "P",
      description = "Part set aside for validation. Default: 0.1.")
  private Double validation;

  @Option(
      names = "--test",
      paramLabel = "P",
      description = "Part set aside for a test at the end. Default: 0.")
  private Double test;

  @Mixin private ThreadsOption threads;

  @Option(
      names = "--checkpoint",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Time between checkpoints within an epoch. Default: ${DEFAULT-VALUE}.")
  private double checkpointSeconds;

  private final TrainingFlags flags = new TrainingFlags();

  /** Adds the flags that a training has, which most commands can do without. */
  void addFlags() {
    flags.addTo(spec);
  }

  @Override
  public Integer call() {
    if (resume && output == null && data != null && new RunFolder(data).exists()) {
      output = data; // --resume runs/pets
      data = null;
    }
    RunFolder folder = folder();
    if (!resume && folder.exists()) {
      refuse(folder);
    }
    boolean begun = resume && folder.exists();
    RunFolder before = begun ? folder : repeat == null ? null : new RunFolder(repeat);
    Path images = data != null ? data : metadata(before, DATA, Path::of, null);
    if (images == null) {
      throw new ParameterException(spec.commandLine(), "DATA is missing");
    }
    boolean scratch = from != null && from.toString().equals(NONE);
    ModelSource named =
        scratch ? null : from != null ? from : metadata(before, FROM, invocation::source, null);
    if (named == null && entry != null) {
      throw new ParameterException(spec.commandLine(), "--entry is of --from, which is missing");
    }
    String set =
        entry != null || from != null ? entry : metadata(before, ENTRY, Function.identity(), null);
    Model known = named == null ? null : named.read(null, set);
    ModelSource teaching =
        teacher != null ? teacher : metadata(before, TEACHER, invocation::source, null);
    double validationPart = part(before, begun, VALIDATION, validation, 0.1);
    double testPart = part(before, begun, TEST, test, 0);
    TrainingOptions asked = options(before, begun, known, teaching != null);
    Splits splits =
        Splits.read(images, new Splits.Fractions(validationPart, testPart, asked.seed()));
    boolean few =
        before == null && from == null && splits.train().size() < MANY && !flags.has(OWN_NETWORK);
    ModelSource weights = few ? invocation.source(ModelSource.BUNDLED) : named;
    Model model = few ? weights.read() : known;
    TrainingOptions chosen =
        before == null ? newOptions(model, teaching != null, splits.train().size()) : asked;
    boolean learned =
        before == null
            && model != null
            && TrainingOptions.keepsClassifier(model, new Labels(splits.train().classes()));
    TrainingOptions options =
        learned && chosen.quantize()
            ? valid(
                () -> flags.applyTo(taught(TrainingOptions.quantizing(model), teaching != null)))
            : chosen;

    try (TrainingDisplay display = new TrainingDisplay(spec.commandLine(), options, QUIET)) {
      Trainer trainer =
          Trainer.of(splits, options, folder)
              .threads(threads.count())
              .checkpointEvery(Duration.ofMillis(Math.round(1000 * checkpointSeconds)))
              .listener(display)
              .metadata(DATA, images.toString())
              .metadata(VALIDATION, Numbers.plain(validationPart))
              .metadata(TEST, Numbers.plain(testPart));
      if (model != null) {
        trainer.from(model).metadata(FROM, weights.toString());
        if (set != null) {
          trainer.metadata(ENTRY, set);
        }
      }
      if (teaching != null) {
        trainer.teacher(teaching.read()).metadata(TEACHER, teaching.toString());
      }
      if (resume) {
        trainer.resume();
      }
      display.images(images.toString(), splits);
      if (few) {
        display.few(MANY);
      }
      invocation.endWhenAsked(() -> {
        display.stopping();
        trainer.stop();
      });
      display.result(trainer.train(), folder);
    }
    return 0;
  }

  /**
   * Returns what the command line says on top of a training before, or of the defaults.
   *
   * @param begun whether that training goes on, so that nothing can change
   * @param taught whether there is a teacher
   */
  private TrainingOptions options(RunFolder before, boolean begun, Model model, boolean taught) {
    if (before == null) {
      return newOptions(model, taught, MANY);
    }
    return valid(() -> {
      TrainingOptions known = before.options();
      TrainingOptions options =
          flags.applyTo(taught(known.toBuilder(), taught && known.distillationWeight() == 0));
      if (begun) {
        before.requireBegunWith(options);
      }
      return options;
    });
  }

  /**
   * Returns what the command line says on top of the defaults.
   *
   * @param model to begin with, null for none
   * @param images to learn from
   */
  private TrainingOptions newOptions(Model model, boolean taught, int images) {
    return valid(() ->
        flags.applyTo(
            taught(
                model == null
                    ? TrainingOptions.fromScratch().epochs(TrainingOptions.epochsFor(images))
                    : TrainingOptions.fineTuning(model),
                taught)));
  }

  /** Gives a teacher its part in the loss, if there is one. */
  private static TrainingOptions.Builder taught(TrainingOptions.Builder options, boolean taught) {
    return taught ? options.distillationWeight(TrainingOptions.TEACHERS_WEIGHT) : options;
  }

  private TrainingOptions valid(Supplier<TrainingOptions> options) {
    try {
      return options.get();
    } catch (MobileNetException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** Returns what part of the images is set aside: as the command line says, or the folder. */
  private double part(RunFolder before, boolean begun, String name, Double given, double fallback) {
    double known = metadata(before, name, Double::valueOf, fallback);
    if (begun && given != null && given != known) {
      throw new ParameterException(
          spec.commandLine(),
          "%s goes on as it was begun: %s is %s there, not %s"
              .formatted(before.path(), name, Numbers.plain(known), Numbers.plain(given)));
    }
    return given != null ? given : known;
  }

  private static <T> T metadata(
      RunFolder before, String name, Function<String, T> reading, T otherwise) {
    String text = before == null ? null : before.metadata(name);
    try {
      return text == null ? otherwise : reading.apply(text);
    } catch (IllegalArgumentException e) { // no number, no path
      throw new MobileNetException(
          "%s: %s: %s".formatted(before.config(), name, e.getMessage()), e);
    }
  }

  /** Returns the folder that was named; else runs/NAME, runs/NAME-2, …: the first new or last. */
  private RunFolder folder() {
    if (output != null) {
      return new RunFolder(output);
    }
    if (data == null) {
      throw new ParameterException(
          spec.commandLine(),
          resume ? "--output or DATA is missing: what to resume?" : "DATA is missing");
    }
    String name =
        data.toAbsolutePath().normalize().getFileName().toString().replaceFirst("\\.[ct]sv$", "");
    int taken = 0;
    while (at(name, taken + 1).exists()) {
      taken++;
    }
    return at(name, resume ? Math.max(taken, 1) : taken + 1);
  }

  /** Says how to go on where there is a training, unless that is under way. */
  private void refuse(RunFolder folder) {
    try (FolderLock lock = FolderLock.tryLock(folder.path()).orElse(null)) {
      if (lock != null) {
        throw new MobileNetException(
            "%s has a training already; go on: mobilenet4j train --resume --output %s; begin"
                    .formatted(folder.path(), folder.path())
                + " another: mobilenet4j train %s --output %s"
                    .formatted(data == null ? "--repeat " + repeat : data, another(folder.path())));
      }
    }
  }

  /** Returns the first folder beside another that has no training. */
  private static Path another(Path taken) {
    int number = 2;
    while (new RunFolder(taken.resolveSibling(taken.getFileName() + "-" + number)).exists()) {
      number++;
    }
    return taken.resolveSibling(taken.getFileName() + "-" + number);
  }

  private static RunFolder at(String name, int number) {
    return new RunFolder(RUNS.resolve(number == 1 ? name : name + "-" + number));
  }
}

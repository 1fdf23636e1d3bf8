package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.training.ClassWeights;
import io.github.mobilenet4j.training.Optimizer;
import io.github.mobilenet4j.training.Schedule;
import io.github.mobilenet4j.training.WeightDecay;
import io.github.mobilenet4j.training.run.TrainingOptions;
import io.github.mobilenet4j.weights.Initialization;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the command line changes of {@link TrainingOptions}; null where it says nothing. */
final class TrainingFlags {
  @ArgGroup(exclusive = false, validate = false, heading = "%nNetwork:%n")
  private Network network = new Network();

  private static final class Network {
    @Option(
        names = "--width",
        paramLabel = "A",
        description = "Width multiplier α: 0.25 is small and fast, 1 is the paper's. Default: 0.5.")
    private Double width;

    @Option(
        names = "--resolution",
        paramLabel = "R",
        converter = Resolution.Converter.class,
        description = "Input rows and columns: 160, or 97x131. Default: 128.")
    private Resolution resolution;

    @Option(
        names = "--crop",
        paramLabel = "F",
        description =
            "Part of the shorter side that the network sees, outside training. "
                + "Default: 0.875; 1 for pictures that are cut out already.")
    private Double crop;

    @Option(
        names = "--dropout",
        paramLabel = "P",
        description = "How often a feature is dropped in training. Default: 0.1.")
    private Double dropout;

    @Option(
        names = "--init",
        paramLabel = "KIND",
        description = "First values: ${COMPLETION-CANDIDATES}. Default: TRUNCATED_NORMAL.")
    private Initialization initialization;
  }

  @ArgGroup(exclusive = false, validate = false, heading = "%nHow long:%n")
  private Length length = new Length();

  private static final class Length {
    @Option(
        names = "--epochs",
        paramLabel = "N",
        description = "Passes over the pictures. Default: 30, with --from 15.")
    private Integer epochs;

    @Option(
        names = "--minutes",
        paramLabel = "M",
        description = "Time budget: as many epochs as fit.")
    private Double minutes;

    @Option(
        names = "--patience",
        paramLabel = "N",
        description = "Stop when validation did not improve for N epochs. Default: never.")
    private Integer patience;
  }

  @ArgGroup(exclusive = false, validate = false, heading = "%nLearning:%n")
  private Learning learning = new Learning();

  private static final class Learning {
    @Option(
        names = "--batch",
        paramLabel = "N",
        description = "Pictures a step; memory grows with it. Default: 32.")
    private Integer batch;

    @Option(
        names = "--optimizer",
        paramLabel = "O",
        converter = OptimizerConverter.class,
        description =
            "sgd, rmsprop or adamw; with settings: sgd,momentum=0.8 or "
                + "rmsprop,formula=pytorch,epsilon=1e-8. Default: sgd (momentum 0.9, Nesterov).")
    private Optimizer optimizer;

    @Option(
        names = "--lr",
        paramLabel = "R",
        description =
            "Learning rate. Default, for a batch of 32 and in proportion to it: sgd "
                + "0.025, rmsprop 0.01, adamw 0.0005; with --from two fifths of that.")
    private Double rate;

    @Option(
        names = "--schedule",
        paramLabel = "S",
        converter = ScheduleConverter.class,
        description =
            "How the rate falls: cosine, step, exponential, constant; with settings: "
                + "step,factor=0.1,everyEpochs=20. Default: cosine.")
    private Schedule schedule;

    @Option(
        names = "--warm-up",
        paramLabel = "E",
        description = "Epochs in which the rate rises first. Default: 1.")
    private Double warmUp;

    @Option(
        names = "--weight-decay",
        paramLabel = "D",
        converter = DecayConverter.class,
        description =
            "Pull towards zero: 1e-4, or with what is pulled: 1e-4,scope=kernels "
                + "(no_depthwise, kernels, all). Default: 4e-5, adamw 0.05, no_depthwise.")
    private WeightDecay decay;

    @Option(
        names = "--label-smoothing",
        paramLabel = "P",
        description = "Part of each target spread over all classes. Default: 0.")
    private Double labelSmoothing;

    @Option(
        names = "--clip",
        paramLabel = "N",
        description = "Largest norm of the gradient. Default: no limit.")
    private Double clip;

    @Option(
        names = "--ema",
        paramLabel = "D",
        description = "Use a moving average of the weights with this decay, such as 0.999.")
    private Double ema;

    @Option(
        names = "--class-weights",
        paramLabel = "W",
        converter = ClassWeightsConverter.class,
        description = "balanced, for classes of different size, or a list: 1,1,2.5.")
    private ClassWeights classWeights;

    @Option(
        names = "--bn-momentum",
        paramLabel = "M",
        description = "BatchNorm's, in PyTorch's convention: 1 - TensorFlow's decay. Default: 0.1.")
    private Double batchNormMomentum;
  }

  @ArgGroup(exclusive = false, validate = false, heading = "%nWith --from:%n")
  private FineTuning fineTuning = new FineTuning();

  private static final class FineTuning {
    @Option(
        names = "--classifier-epochs",
        paramLabel = "N",
        description =
            "First epochs in which only the classifier learns. Default: a fifth, at " + "most 3.")
    private Integer classifierEpochs;

    @Option(
        names = "--lr-backbone",
        paramLabel = "R",
        description = "Learning rate of everything but the classifier. Default: a third of --lr.")
    private Double backboneRate;

    @Option(
        names = "--freeze",
        paramLabel = "K",
        converter = FrozenBlocks.class,
        description =
            "Never change the stem and the first K-1 blocks; all is all but the "
                + "classifier. Default: 0.")
    private Integer freeze;
  }

  /** Reads a number of blocks, or all. */
  private static final class FrozenBlocks implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      try {
        return value.equals("all") ? TrainingOptions.WHOLE_BACKBONE : Integer.parseInt(value);
      } catch (NumberFormatException e) {
        throw new TypeConversionException("'" + value + "' is neither a number nor all");
      }
    }
  }

  @ArgGroup(exclusive = false, validate = false, heading = "%nPictures:%n")
  private InputImages images = new InputImages();

  private static final class InputImages {
    @Option(
        names = "--augment",
        paramLabel = "A",
        converter = AugmentationConverter.class,
        description = "none, light or strong; with changes: light,mixup=0.2. Default: light.")
    private Augmentation augmentation;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "Of all chance. The same seed gives the same model, bit for bit. Default: 1.")
    private Long seed;

    @Option(
        names = "--strict",
        arity = "0",
        description = "A picture that cannot be read is an error; else it is left out.")
    private Boolean strict;
  }

  /** Returns the seed, where it was said. */
  Long seed() {
    return images.seed;
  }

  /**
   * Returns options with these changes.
   *
   * @throws MobileNetException if a value is out of its range
   */
  TrainingOptions applyTo(TrainingOptions.Builder options) {
    set(network.width, options::widthMultiplier);
    set(network.resolution, r -> options.input(r.height(), r.width()));
    set(network.dropout, options::dropout);
    set(network.initialization, options::initialization);
    if (length.minutes != null && length.epochs == null) {
      options.epochs(MANY_EPOCHS);
    }
    set(length.epochs, options::epochs);
    set(length.minutes, options::minutes);
    set(length.patience, options::patience);
    set(learning.batch, options::batch);
    set(learning.optimizer, options::optimizer);
    set(learning.rate, options::learningRate);
    set(learning.schedule, options::schedule);
    set(learning.warmUp, options::warmUpEpochs);
    set(learning.decay, options::weightDecay);
    set(learning.labelSmoothing, options::labelSmoothing);
    set(learning.clip, options::clipNorm);
    set(learning.ema, options::emaDecay);
    set(learning.classWeights, options::classWeights);
    set(learning.batchNormMomentum, options::batchNormMomentum);
    set(fineTuning.classifierEpochs, options::classifierEpochs);
    set(fineTuning.freeze, options::frozenBlocks);
    set(images.augmentation, options::augmentation);
    set(images.seed, options::seed);
    set(images.strict, options::strict);
    TrainingOptions built = options.build();
    set(network.crop, fraction -> options.preprocessing(cropped(built.preprocessing(), fraction)));
    set(fineTuning.backboneRate, rate -> options.backboneRate(rate / built.learningRate()));
    return options.build();
  }

  /** For a time budget alone. */
  private static final int MANY_EPOCHS = 1000;

  private static <T> void set(T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }

  private static Preprocessing cropped(Preprocessing p, double fraction) {
    return new Preprocessing(p.crop(), fraction, p.resampling(), p.mean(), p.std());
  }

  private static final class OptimizerConverter implements ITypeConverter<Optimizer> {
    @Override
    public Optimizer convert(String text) {
      return checked(() ->
          Variant.of(
              text,
              new TreeMap<>(
                  Map.of(
                      "sgd", Optimizer.Sgd.DEFAULT,
                      "rmsprop", Optimizer.RmsProp.DEFAULT,
                      "adamw", Optimizer.AdamW.DEFAULT))));
    }
  }

  private static final class ScheduleConverter implements ITypeConverter<Schedule> {
    @Override
    public Schedule convert(String text) {
      return checked(() ->
          Variant.of(
              text,
              new TreeMap<>(
                  Map.of(
                      "cosine", Schedule.Cosine.DEFAULT,
                      "step", Schedule.Step.DEFAULT,
                      "exponential", Schedule.Exponential.DEFAULT,
                      "constant", new Schedule.Constant()))));
    }
  }

  private static final class DecayConverter implements ITypeConverter<WeightDecay> {
    @Override
    public WeightDecay convert(String text) {
      String[] parts = text.split(",", 2);
      WeightDecay decay =
          checked(() -> new WeightDecay(number(parts[0]), WeightDecay.Scope.NO_DEPTHWISE));
      return parts.length == 1
          ? decay
          : checked(() -> Variant.of("decay," + parts[1], Map.of("decay", decay)));
    }
  }

  private static final class ClassWeightsConverter implements ITypeConverter<ClassWeights> {
    @Override
    public ClassWeights convert(String text) {
      return text.equals("balanced")
          ? new ClassWeights.Balanced()
          : checked(() ->
              new ClassWeights.Listed(
                  Arrays.stream(text.split(",")).map(TrainingFlags::number).toList()));
    }
  }

  private static final class AugmentationConverter implements ITypeConverter<Augmentation> {
    @Override
    public Augmentation convert(String text) {
      return checked(() -> Augmentation.of(text));
    }
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException _) {
      throw new TypeConversionException("'" + text + "' is not a number");
    }
  }

  private interface Conversion<T> {
    T run();
  }

  /** What an option's record refuses is bad use, not a failure. */
  private static <T> T checked(Conversion<T> conversion) {
    try {
      return conversion.run();
    } catch (MobileNetException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}

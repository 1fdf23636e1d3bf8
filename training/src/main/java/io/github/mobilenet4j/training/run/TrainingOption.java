package io.github.mobilenet4j.training.run;

import static io.github.mobilenet4j.training.run.TrainingOption.Group.DISTILLATION;
import static io.github.mobilenet4j.training.run.TrainingOption.Group.FINE_TUNING;
import static io.github.mobilenet4j.training.run.TrainingOption.Group.IMAGES;
import static io.github.mobilenet4j.training.run.TrainingOption.Group.INTEGERS;
import static io.github.mobilenet4j.training.run.TrainingOption.Group.LEARNING;
import static io.github.mobilenet4j.training.run.TrainingOption.Group.LENGTH;
import static io.github.mobilenet4j.training.run.TrainingOption.Group.NETWORK;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.files.RecordJson;
import io.github.mobilenet4j.files.Variant;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Resolution;
import io.github.mobilenet4j.training.ClassWeights;
import io.github.mobilenet4j.training.Optimizer;
import io.github.mobilenet4j.training.Schedule;
import io.github.mobilenet4j.training.TrainingPrecision;
import io.github.mobilenet4j.training.WeightDecay;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Initialization;
import java.lang.invoke.MethodType;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An option of a training. Here is all that is known of it: name, type, default, range, help.
 * {@link TrainingOptions}, {@code config.json}, the flags of the command line, the rows of the
 * report and the table in {@code docs/training.md} are made of it, in the order of the constants.
 *
 * @param <T> the type of its values
 */
public final class TrainingOption<T> {
  /** In their order; complete once this class is there. */
  private static final List<TrainingOption<?>> DEFINED = new ArrayList<>();

  /** All that can be frozen, however many blocks the network has. */
  static final int WHOLE_BACKBONE = Integer.MAX_VALUE;

  private static final Map<String, Optimizer> OPTIMIZERS =
      Map.of(
          "sgd", Optimizer.Sgd.DEFAULT,
          "rmsprop", Optimizer.RmsProp.DEFAULT,
          "adamw", Optimizer.AdamW.DEFAULT);
  private static final Map<String, Schedule> SCHEDULES =
      Map.of(
          "cosine", Schedule.Cosine.DEFAULT,
          "step", Schedule.Step.DEFAULT,
          "exponential", Schedule.Exponential.DEFAULT,
          "constant", new Schedule.Constant());

  /** A value of each option. */
  public interface Values {
    /** Returns the value of an option: what was set, or its default. */
    <T> T get(TrainingOption<T> option);
  }

  /** Values that can be set. */
  public interface Changes extends Values {
    /** Sets the value of an option. */
    <T> Changes set(TrainingOption<T> option, T value);

    /** Returns whether there are weights to begin with. */
    boolean isFineTuning();
  }

  /** What an option is about: a heading of the help. */
  public enum Group {
    /** Epochs and time. */
    LENGTH("How long"),
    /** The network and its input. */
    NETWORK("Network"),
    /** Steps. */
    LEARNING("Learning"),
    /** What concerns weights to begin with. */
    FINE_TUNING("With --from"),
    /** What concerns a model whose logits are learned. */
    DISTILLATION("With --teacher"),
    /** Rounding to 8 bits. */
    INTEGERS("Integers of 8 bits"),
    /** Data. */
    IMAGES("Pictures");

    private final String heading;

    Group(String heading) {
      this.heading = heading;
    }

    /** Returns the heading. */
    public String heading() {
      return heading;
    }
  }

  /**
   * An option of the command line.
   *
   * @param group under which heading
   * @param syntax such as {@code --epochs=N}, where N is what to call its value
   * @param type of its value
   * @param parser of its value; empty if it is plainly that of a number, boolean or enum
   * @param help what it does, without its default
   * @param setter of the value
   * @param <F> the type of its value
   */
  public record Flag<F>(
      Group group,
      String syntax,
      Class<F> type,
      Optional<Function<String, F>> parser,
      String help,
      BiConsumer<Changes, F> setter) {
    /** Returns the name, such as {@code --epochs}. */
    public String name() {
      return syntax.split("=")[0];
    }
  }

  static final TrainingOption<Double> WIDTH_MULTIPLIER =
      number("widthMultiplier", 0.5)
          .range(width -> width > 0, "> 0")
          .flag(
              NETWORK,
              "--width=A",
              "Width multiplier α: 0.25 is small and fast, 1 is the paper's.");

  static final TrainingOption<Dialect> LIKE =
      new TrainingOption<>("like", Dialect.class, Dialect.CANONICAL)
          .defaultText("")
          .rows((options, rows) -> {
            Dialect like = options.get(TrainingOption.LIKE);
            if (like != Dialect.CANONICAL) {
              rows.put("network like", print(like));
            }
          })
          .flag(
              NETWORK,
              "--like=NAMES",
              "Whose network it becomes, without --from: tutorial, timm, hugging_face or keras. It"
                  + " has their padding, activation, epsilon and preprocessing, and export"
                  + " --dialect writes it for them.");

  static final TrainingOption<Integer> HEIGHT =
      count("height", 128)
          .rows((options, rows) ->
              rows.put(
                  "input",
                  options.get(TrainingOption.HEIGHT) + " × " + options.get(TrainingOption.WIDTH)))
          .flag(
              new Flag<>(
                  NETWORK,
                  "--resolution=R",
                  Resolution.class,
                  Optional.of(Resolution::of),
                  "Input rows and columns: 160, or 97x131.",
                  (options, resolution) -> {
                    options.set(TrainingOption.HEIGHT, resolution.height());
                    options.set(TrainingOption.WIDTH, resolution.width());
                  }));

  static final TrainingOption<Integer> WIDTH = count("width", 128).rows((_, _) -> {});

  static final TrainingOption<Preprocessing> PREPROCESSING =
      new TrainingOption<>("preprocessing", Preprocessing.class, Preprocessing.TENSORFLOW)
          .derived(
              options -> options.get(TrainingOption.LIKE).preprocessing(),
              "0.875; 1 for pictures that are cut out already")
          .rows((options, rows) -> {
            Preprocessing preprocessing = options.get(TrainingOption.PREPROCESSING);
            rows.put("crop", print(preprocessing.crop()));
            rows.put("crop fraction", print(preprocessing.cropFraction()));
            rows.put("mean", print(preprocessing.mean()));
            rows.put("std", print(preprocessing.std()));
          })
          .flag(
              new Flag<>(
                  NETWORK,
                  "--crop=F",
                  Double.class,
                  Optional.empty(),
                  "Part of the shorter side that the network sees, outside training.",
                  (options, fraction) -> {
                    Preprocessing p = options.get(TrainingOption.PREPROCESSING);
                    options.set(
                        TrainingOption.PREPROCESSING,
                        new Preprocessing(p.crop(), fraction, p.resampling(), p.mean(), p.std()));
                  }));

  static final TrainingOption<Integer> CHANNELS =
      count("channels", 3)
          .range(n -> n == 1 || n == 3, "1 (grey) or 3")
          .rows((options, rows) -> {
            if (options.get(TrainingOption.CHANNELS) != 3) {
              rows.put("channels", print(options.get(TrainingOption.CHANNELS)));
            }
          })
          .flag(
              new Flag<>(
                  NETWORK,
                  "--channels=N",
                  Integer.class,
                  Optional.empty(),
                  "1 for a network of grey images: every picture is made grey.",
                  (options, channels) -> {
                    options.set(TrainingOption.CHANNELS, channels);
                    if (channels == 1 || channels == 3) {
                      options.set(
                          TrainingOption.PREPROCESSING,
                          options.get(TrainingOption.PREPROCESSING).forChannels(channels));
                    }
                  }));

  static final TrainingOption<Integer> STEM_STRIDE =
      count("stemStride", 2)
          .range(n -> n == 1 || n == 2, "1 or 2")
          .rows((options, rows) -> {
            if (options.get(TrainingOption.STEM_STRIDE) != 2) {
              rows.put("stride of the stem", print(options.get(TrainingOption.STEM_STRIDE)));
            }
          })
          .flag(
              NETWORK,
              "--stem-stride=S",
              "Stride of the first convolution: 1 for pictures of 32x32, as of CIFAR.");

  static final TrainingOption<Double> DROPOUT =
      number("dropout", 0.1)
          .zeroIsOff()
          .range(part -> part >= 0 && part < 1, "in [0, 1)")
          .flag(NETWORK, "--dropout=P", "How often a feature is dropped in training.");

  static final TrainingOption<Initialization> INITIALIZATION =
      new TrainingOption<>("initialization", Initialization.class, Initialization.TRUNCATED_NORMAL)
          .defaultText("truncated_normal")
          .flag(NETWORK, "--init=KIND", "First values: truncated_normal or he.");

  static final TrainingOption<Integer> FROZEN_BLOCKS =
      count("frozenBlocks", 0)
          .zeroIsOff()
          .defaultText("0")
          .syntax(
              TrainingOption::readFrozenBlocks,
              blocks -> blocks == WHOLE_BACKBONE ? "all" : print(blocks))
          .flag(
              FINE_TUNING,
              "--freeze=K",
              "Never change the stem and the first K-1 blocks; all is all but the classifier.");

  static final TrainingOption<Integer> EPOCHS =
      count("epochs", 30)
          .fineTuning(15)
          .defaultText("3,000,000 / pictures to learn from, 30 to 100; with --from 15")
          .range(epochs -> epochs >= 1, ">= 1")
          .flag(LENGTH, "--epochs=N", "Passes over the pictures.");

  static final TrainingOption<Integer> CLASSIFIER_EPOCHS =
      count("classifierEpochs", 0)
          .zeroIsOff()
          .derived(
              options -> {
                int most = options.isFineTuning() ? 3 : 0;
                int floats =
                    options.get(TrainingOption.QUANTIZE)
                        ? options.get(TrainingOption.QUANTIZE_FROM) - 1
                        : most;
                return Math.clamp(
                    options.get(TrainingOption.EPOCHS) / 5, 0, Math.min(most, floats));
              },
              "a fifth, at most 3")
          .flag(
              FINE_TUNING,
              "--classifier-epochs=N",
              "First epochs in which only the classifier learns.");

  static final TrainingOption<Integer> FEATURE_VIEWS =
      count("featureViews", 2)
          .addedLater(0)
          .zeroIsOff()
          .defaultText("2")
          .flag(
              FINE_TUNING,
              "--views=K",
              "While only the classifier learns, what the backbone makes of K variations of each"
                  + " picture is computed once, and kept; 0: computed in every epoch.");

  static final TrainingOption<Double> MINUTES =
      number("minutes", 0)
          .zeroIsOff()
          .flag(LENGTH, "--minutes=M", "Time budget: as many epochs as fit.");

  static final TrainingOption<Integer> PATIENCE =
      count("patience", 0)
          .zeroIsOff()
          .defaultText("never")
          .flag(LENGTH, "--patience=N", "Stop when validation did not improve for N epochs.");

  static final TrainingOption<Integer> BATCH =
      count("batch", 32)
          .range(n -> n >= 2, ">= 2: BatchNorm needs the statistics of several pictures")
          .flag(LEARNING, "--batch=N", "Pictures a step; memory grows with it.");

  static final TrainingOption<Integer> SHARDS =
      count("shards", 1)
          .addedLater(1)
          .range(n -> n >= 1, ">= 1")
          .rows((options, rows) -> {
            if (options.get(TrainingOption.SHARDS) > 1) {
              rows.put("shards", print(options.get(TrainingOption.SHARDS)));
            }
          })
          .flag(
              LEARNING,
              "--shards=S",
              "Parts of a step, each with its own BatchNorm statistics, computed one after the"
                  + " other: as on S machines, in the memory of one part.");

  static final TrainingOption<ShardExchange.Wire> SHARD_GRADIENTS =
      new TrainingOption<>("shardGradients", ShardExchange.Wire.class, ShardExchange.Wire.FLOAT32)
          .addedLater(ShardExchange.Wire.FLOAT32)
          .defaultText("float32")
          .rows((options, rows) -> {
            if (options.get(TrainingOption.SHARDS) > 1) {
              rows.put("shards' gradients", print(options.get(TrainingOption.SHARD_GRADIENTS)));
            }
          })
          .flag(
              LEARNING,
              "--shard-gradients=TYPE",
              "What gradients of shards are rounded to before they are added: float32, or bfloat16,"
                  + " of which machines send each other half as many bytes.");

  static final TrainingOption<Optimizer> OPTIMIZER =
      new TrainingOption<Optimizer>("optimizer", Optimizer.class, Optimizer.Sgd.DEFAULT)
          .syntax(text -> read(text, OPTIMIZERS), optimizer -> print((Record) optimizer))
          .flag(
              LEARNING,
              "--optimizer=O",
              "sgd, rmsprop or adamw; with settings: sgd,momentum=0.8 or"
                  + " rmsprop,formula=pytorch,epsilon=1e-8.");

  static final TrainingOption<Double> LEARNING_RATE =
      number("learningRate", 0)
          .derived(
              options ->
                  (!options.isFineTuning()
                          ? 1
                          : options.get(TrainingOption.QUANTIZE_FROM) == 1 ? 0.1 : 0.4)
                      * rate(options.get(TrainingOption.OPTIMIZER))
                      * options.get(TrainingOption.BATCH)
                      / 32,
              Stream.of("sgd", "rmsprop", "adamw")
                  .map(name -> name + " " + print(rate(OPTIMIZERS.get(name))))
                  .collect(
                      Collectors.joining(
                          ", ",
                          "for a batch of 32 and in proportion to it: ",
                          "; with --from two fifths of that, if all epochs are quantized a tenth")))
          .range(rate -> rate > 0, "> 0")
          .flag(LEARNING, "--lr=R", "Learning rate.");

  static final TrainingOption<Double> BACKBONE_RATE =
      number("backboneRate", 1)
          .fineTuning(1 / 3.0)
          .defaultText("a third of --lr")
          .range(rate -> rate >= 0, ">= 0")
          .rows((options, rows) -> {
            double part = options.get(TrainingOption.BACKBONE_RATE);
            if (part != 1) {
              rows.put(
                  "learning rate of the backbone",
                  print(options.get(TrainingOption.LEARNING_RATE) * part));
            }
          })
          .flag(
              new Flag<>(
                  FINE_TUNING,
                  "--lr-backbone=R",
                  Double.class,
                  Optional.empty(),
                  "Learning rate of everything but the classifier.",
                  (options, rate) ->
                      options.set(
                          TrainingOption.BACKBONE_RATE,
                          rate / options.get(TrainingOption.LEARNING_RATE))));

  static final TrainingOption<Schedule> SCHEDULE =
      new TrainingOption<Schedule>("schedule", Schedule.class, Schedule.Cosine.DEFAULT)
          .syntax(text -> read(text, SCHEDULES), schedule -> print((Record) schedule))
          .flag(
              LEARNING,
              "--schedule=S",
              "How the rate falls: cosine, step, exponential, constant; with settings:"
                  + " step,factor=0.1,everyEpochs=20.");

  static final TrainingOption<Double> WARM_UP_EPOCHS =
      number("warmUpEpochs", 1)
          .titled("warm-up epochs")
          .zeroIsOff()
          .flag(LEARNING, "--warm-up=E", "Epochs in which the rate rises first.");

  static final TrainingOption<WeightDecay> WEIGHT_DECAY =
      new TrainingOption<WeightDecay>("weightDecay", WeightDecay.class, null)
          .derived(
              options ->
                  new WeightDecay(
                      options.get(TrainingOption.OPTIMIZER) instanceof Optimizer.AdamW
                          ? 0.05
                          : 4e-5,
                      WeightDecay.Scope.NO_DEPTHWISE),
              "4e-5, adamw 0.05, no_depthwise")
          .syntax(TrainingOption::readWeightDecay, TrainingOption::printWeightDecay)
          .flag(
              LEARNING,
              "--weight-decay=D",
              "Pull towards zero: 1e-4, or with what is pulled: 1e-4,scope=kernels (no_depthwise,"
                  + " kernels, all).");

  static final TrainingOption<Double> LABEL_SMOOTHING =
      number("labelSmoothing", 0)
          .zeroIsOff()
          .defaultText("0")
          .range(part -> part >= 0 && part < 1, "in [0, 1)")
          .flag(LEARNING, "--label-smoothing=P", "Part of each target spread over all classes.");

  static final TrainingOption<Double> CLIP_NORM =
      number("clipNorm", 0)
          .titled("gradient's norm")
          .zeroIsOff()
          .defaultText("no limit")
          .flag(LEARNING, "--clip=N", "Largest norm of the gradient.");

  static final TrainingOption<Double> EMA_DECAY =
      number("emaDecay", 0)
          .titled("moving average")
          .zeroIsOff()
          .range(decay -> decay >= 0 && decay < 1, "in [0, 1)")
          .flag(
              LEARNING,
              "--ema=D",
              "Use a moving average of the weights with this decay, such as 0.999.");

  static final TrainingOption<ClassWeights> CLASS_WEIGHTS =
      new TrainingOption<ClassWeights>("classWeights", ClassWeights.class, new ClassWeights.Equal())
          .syntax(TrainingOption::readClassWeights, TrainingOption::printClassWeights)
          .flag(
              LEARNING,
              "--class-weights=W",
              "balanced, for classes of different size, or a list: 1,1,2.5.");

  static final TrainingOption<Double> BATCH_NORM_MOMENTUM =
      number("batchNormMomentum", 0.1)
          .titled("BatchNorm's momentum")
          .range(momentum -> momentum >= 0 && momentum <= 1, "in [0, 1]")
          .flag(
              LEARNING,
              "--bn-momentum=M",
              "BatchNorm's, in PyTorch's convention: 1 - TensorFlow's decay. 0: its statistics stay"
                  + " as they are and are what it normalises by, as outside training.");

  static final TrainingOption<Double> DISTILLATION_WEIGHT =
      number("distillationWeight", 0)
          .zeroIsOff()
          .addedLater(0.0)
          .defaultText("0.9")
          .range(part -> part >= 0 && part <= 1, "in [0, 1]")
          .flag(
              DISTILLATION,
              "--distillation-weight=W",
              "Part of the teacher in the loss; the rest is that of the labels.");

  static final TrainingOption<Double> DISTILLATION_TEMPERATURE =
      number("distillationTemperature", 4)
          .addedLater(4.0)
          .range(temperature -> temperature > 0, "> 0")
          .rows((options, rows) -> {
            if (options.get(DISTILLATION_WEIGHT) > 0) {
              rows.put(
                  "distillation temperature",
                  print(options.get(TrainingOption.DISTILLATION_TEMPERATURE)));
            }
          })
          .flag(
              DISTILLATION,
              "--distillation-temperature=T",
              "What the logits are divided by before they are compared: higher shows more of the"
                  + " classes that are unlikely.");

  static final TrainingOption<TrainingPrecision> PRECISION =
      new TrainingOption<>("precision", TrainingPrecision.class, TrainingPrecision.FLOAT32)
          .syntax(TrainingOption::readPrecision, TrainingOption::print)
          .flag(
              LEARNING,
              "--precision=P",
              "float32, or bf16: products of pointwise convolutions in bfloat16, which pays where"
                  + " the processor has AMX, or multiplies bfloat16 faster than float32.");

  static final TrainingOption<Boolean> QUANTIZE =
      new TrainingOption<>("quantize", boolean.class, false)
          .flag(
              INTEGERS,
              "--quantize",
              "Learn to do well in integers of 8 bits, and write these too. With --from, where the"
                  + " classes are the same: 5 epochs, all of them so, at a tenth of the rate.");

  static final TrainingOption<Integer> QUANTIZE_FROM =
      count("quantizeFrom", 0)
          .zeroIsOff()
          .derived(
              options -> {
                int epochs = options.get(TrainingOption.EPOCHS);
                return options.get(TrainingOption.QUANTIZE) ? epochs - (epochs + 2) / 3 + 1 : 0;
              },
              "the last third")
          .flag(INTEGERS, "--quantize-from=E", "The first epoch of --quantize, counted from 1.");

  static final TrainingOption<Boolean> PER_TENSOR =
      new TrainingOption<>("perTensor", boolean.class, false)
          .flag(
              INTEGERS,
              "--per-tensor",
              "One scale for a whole kernel, for hardware that has no other; else one for each"
                  + " channel.");

  static final TrainingOption<Augmentation> AUGMENTATION =
      new TrainingOption<>("augmentation", Augmentation.class, Augmentation.LIGHT)
          .syntax(Augmentation::of, Augmentation::toString)
          .json(Map.class, Augmentation::toJson, Augmentation::fromJson)
          .flag(
              IMAGES,
              "--augment=A",
              "none, light, trivial or strong; with changes: light,mixup=1.");

  static final TrainingOption<Long> SEED =
      new TrainingOption<>("seed", long.class, 1L)
          .flag(
              IMAGES,
              "--seed=N",
              "Of all chance. The same seed gives the same model, bit for bit.");

  static final TrainingOption<Boolean> STRICT =
      new TrainingOption<>("strict", boolean.class, false)
          .flag(
              IMAGES,
              "--strict",
              "A picture that cannot be read is an error; else it is left out.");

  private final String name;
  private final Class<?> type;
  private final T value;
  private T fineTuned;
  private Function<Changes, T> derivation;
  private String title;
  private String defaultText;
  private Predicate<T> range = _ -> true;
  private String expected = "";
  private Function<String, T> reader;
  private Function<T, String> printer = TrainingOption::print;
  private boolean zeroIsOff;
  private T older;
  private Class<?> jsonType;
  private Function<T, Object> jsonWriter;
  private BiFunction<String, Object, T> jsonReader;
  private BiConsumer<Values, Map<String, String>> rows;
  private Flag<?> flag;

  private TrainingOption(String name, Class<?> type, T value) {
    this.name = name;
    this.type = type;
    this.value = value;
    title = name.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
    jsonType = type;
    jsonWriter = v -> RecordJson.json(type, v);
    jsonReader = (_, v) -> cast(v);
    rows =
        (options, table) -> {
          String text = text(options.get(this));
          if (!text.isEmpty()) {
            table.put(title, text);
          }
        };
    DEFINED.add(this);
  }

  @SuppressWarnings("unchecked")
  private T cast(Object v) {
    return (T) v;
  }

  private static TrainingOption<Double> number(String name, double value) {
    return new TrainingOption<>(name, double.class, value);
  }

  private static TrainingOption<Integer> count(String name, int value) {
    return new TrainingOption<>(name, int.class, value);
  }

  private TrainingOption<T> fineTuning(T other) {
    fineTuned = other;
    return this;
  }

  private TrainingOption<T> derived(Function<Changes, T> derived, String text) {
    derivation = derived;
    return defaultText(text);
  }

  private TrainingOption<T> defaultText(String text) {
    defaultText = text;
    return this;
  }

  private TrainingOption<T> titled(String text) {
    title = text;
    return this;
  }

  private TrainingOption<T> range(Predicate<T> valid, String text) {
    range = v -> !(v instanceof Double d && !Double.isFinite(d)) && valid.test(v);
    expected = text;
    return this;
  }

  /** It is a number, and 0 means that it is left out. */
  private TrainingOption<T> zeroIsOff() {
    zeroIsOff = true;
    return range(v -> ((Number) v).doubleValue() >= 0, ">= 0");
  }

  /** Older versions do not write it, and mean this. */
  private TrainingOption<T> addedLater(T meant) {
    older = meant;
    return this;
  }

  private TrainingOption<T> syntax(Function<String, T> read, Function<T, String> print) {
    reader = read;
    printer = print;
    return this;
  }

  private TrainingOption<T> json(
      Class<?> instead, Function<T, Object> write, BiFunction<String, Object, T> read) {
    jsonType = instead;
    jsonWriter = write;
    jsonReader = read;
    return this;
  }

  private TrainingOption<T> rows(BiConsumer<Values, Map<String, String>> several) {
    rows = several;
    return this;
  }

  private TrainingOption<T> flag(Flag<?> special) {
    flag = special;
    return this;
  }

  private TrainingOption<T> flag(Group group, String option, String help) {
    @SuppressWarnings("unchecked")
    Class<T> boxed = (Class<T>) MethodType.methodType(type).wrap().returnType();
    return flag(
        new Flag<>(
            group,
            option,
            boxed,
            Optional.ofNullable(reader),
            help,
            (options, v) -> options.set(this, v)));
  }

  /** Returns all options, in the order to be shown. */
  public static List<TrainingOption<?>> all() {
    return Collections.unmodifiableList(DEFINED);
  }

  /** Returns the name that {@code config.json} and {@link TrainingOptions} have for it. */
  public String name() {
    return name;
  }

  /** Returns an object of JSON with the options that were not there when it was written. */
  static Object completed(Object json) {
    if (!(json instanceof Map<?, ?> known)) {
      return json;
    }
    Map<Object, Object> all = new LinkedHashMap<>(known);
    DEFINED.stream()
        .filter(option -> option.older != null)
        .forEach(option -> all.putIfAbsent(option.name, option.jsonOfOlder()));
    return all;
  }

  private Object jsonOfOlder() {
    return jsonWriter.apply(older);
  }

  /** Returns its flag; empty for what another option's flag sets too. */
  public Optional<Flag<?>> flag() {
    return Optional.ofNullable(flag);
  }

  /** Returns the default as text; empty if it is off by default. */
  public String defaultText() {
    if (defaultText != null) {
      return defaultText;
    }
    return text(value) + (fineTuned == null ? "" : ", with --from " + text(fineTuned));
  }

  /** Returns which values it may have; empty if all. */
  public String expected() {
    return expected;
  }

  /** Returns its value where none is set. */
  T defaultFor(Changes options) {
    return derivation != null
        ? derivation.apply(options)
        : options.isFineTuning() && fineTuned != null ? fineTuned : value;
  }

  /**
   * Checks a value.
   *
   * @throws MobileNetException if it is out of the range
   */
  void check(T v) {
    if (!range.test(v)) {
      throw new MobileNetException(title + " is " + v + ", expected " + expected);
    }
  }

  /** Returns the value for people; empty if it is off. */
  private String text(T v) {
    return zeroIsOff && v.equals(v instanceof Integer ? (Object) 0 : (Object) 0.0)
        ? ""
        : printer.apply(v);
  }

  /** Adds what people read of it in a report. */
  void addRows(Values options, Map<String, String> table) {
    rows.accept(options, table);
  }

  Class<?> jsonType() {
    return jsonType;
  }

  Object toJson(Values options) {
    return jsonWriter.apply(options.get(this));
  }

  T fromJson(String source, Object json) {
    return jsonReader.apply(source, json);
  }

  private static double rate(Optimizer optimizer) {
    return switch (optimizer) {
      case Optimizer.Sgd _ -> 0.025;
      case Optimizer.RmsProp rms ->
          switch (rms.formula()) {
            case TENSORFLOW -> 0.01;
            case PYTORCH -> 0.001;
          };
      case Optimizer.AdamW _ -> 0.0005;
    };
  }

  private static <R> R read(String text, Map<String, R> variants) {
    Variant variant = Variant.of(text);
    R chosen = variant.choose(variants);
    return changed(variant, chosen);
  }

  @SuppressWarnings("unchecked")
  private static <R> R changed(Variant variant, R defaults) {
    Record record = (Record) defaults;
    Map<String, Object> values = variant.over(RecordJson.of(record));
    return (R) RecordJson.read(variant.name(), record.getClass(), values);
  }

  private static int readFrozenBlocks(String text) {
    try {
      return text.equals("all") ? WHOLE_BACKBONE : Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new MobileNetException("'" + text + "' is neither a number nor all", e);
    }
  }

  private static WeightDecay readWeightDecay(String text) {
    Variant variant = Variant.of(text);
    WeightDecay plain = new WeightDecay(readNumber(variant.name()), WeightDecay.Scope.NO_DEPTHWISE);
    return changed(new Variant("decay", variant.settings()), plain);
  }

  private static String printWeightDecay(WeightDecay decay) {
    return decay.rate() == 0
        ? ""
        : new Variant(
                print(decay.rate()), Map.of("scope", decay.scope().name().toLowerCase(Locale.ROOT)))
            .toString();
  }

  private static TrainingPrecision readPrecision(String text) {
    return switch (text) {
      case "float32" -> TrainingPrecision.FLOAT32;
      case "bf16", "bfloat16" -> TrainingPrecision.BFLOAT16;
      default ->
          throw new MobileNetException("precision is %s, expected float32 or bf16".formatted(text));
    };
  }

  private static ClassWeights readClassWeights(String text) {
    return text.equals("balanced")
        ? new ClassWeights.Balanced()
        : new ClassWeights.Listed(
            Arrays.stream(text.split(",")).map(TrainingOption::readNumber).toList());
  }

  private static String printClassWeights(ClassWeights weights) {
    return switch (weights) {
      case ClassWeights.Equal _ -> "";
      case ClassWeights.Balanced _ -> "balanced";
      case ClassWeights.Listed listed -> print(listed.weights());
    };
  }

  private static double readNumber(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new MobileNetException("'" + text + "' is not a number", e);
    }
  }

  /** Returns 0.00004 rather than 4.0E-5, and 0.00333333 for a third of 0.01. */
  private static String print(Object value) {
    return switch (value) {
      case Long number -> number.toString();
      case Number number ->
          new BigDecimal(number.doubleValue(), new MathContext(6))
              .stripTrailingZeros()
              .toPlainString();
      case Boolean set -> set ? "yes" : "";
      case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      case List<?> list ->
          list.stream().map(TrainingOption::print).collect(Collectors.joining(","));
      case Record record -> {
        Map<String, String> settings = new LinkedHashMap<>();
        RecordJson.of(record)
            .forEach(
                (name, v) -> settings.put(name, v instanceof Double ? print(v) : v.toString()));
        yield new Variant(record.getClass().getSimpleName().toLowerCase(Locale.ROOT), settings)
            .toString();
      }
      default -> value.toString();
    };
  }
}

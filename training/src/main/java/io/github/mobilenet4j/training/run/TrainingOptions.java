package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.files.RecordJson;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.ClassWeights;
import io.github.mobilenet4j.training.Optimizer;
import io.github.mobilenet4j.training.Schedule;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.TrainingPrecision;
import io.github.mobilenet4j.training.WeightDecay;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Initialization;
import io.github.mobilenet4j.weights.Model;
import java.lang.reflect.Type;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that decides what a training on given images results in, to the last bit, so that a
 * run can be repeated: {@link #toJson} is what {@code config.json} holds. Immutable. {@link
 * TrainingOption} defines each, with its default.
 *
 * <pre>{@code
 * TrainingOptions options =
 *     TrainingOptions.fromScratch().widthMultiplier(0.25).resolution(96).epochs(50).build();
 * }</pre>
 */
public final class TrainingOptions implements TrainingOption.Values {
  /** The part that a teacher has in the loss where nothing else is said. */
  public static final double TEACHERS_WEIGHT = 0.9;

  /** Freezes all but the classifier, however many blocks the network has. */
  public static final int WHOLE_BACKBONE = TrainingOption.WHOLE_BACKBONE;

  private static final int IMAGES_FROM_SCRATCH = 3_000_000;

  private final Map<TrainingOption<?>, Object> values;

  /** Checks every value. */
  private TrainingOptions(Map<TrainingOption<?>, Object> values) {
    this.values = values;
    TrainingOption.all().forEach(this::check);
    if (channels() != preprocessing().channels()) {
      throw new MobileNetException(
          "channels is %s, and preprocessing has %s"
              .formatted(channels(), preprocessing().channels()));
    }
    // Checks width multiplier, size and dropout.
    MobileNetV1.builder()
        .widthMultiplier(widthMultiplier())
        .input(height(), width())
        .channels(channels())
        .stemStride(stemStride())
        .dropout(dropout())
        .build();
    checkQuantization();
    checkShards();
    if (classifierEpochs() >= epochs()) {
      throw new MobileNetException(
          "classifier epochs is %s, expected 0 to %s".formatted(classifierEpochs(), epochs() - 1));
    }
  }

  private void checkQuantization() {
    if (!quantize()) {
      if (quantizeFrom() > 0 || perTensor()) {
        throw new MobileNetException(
            "quantize from and per tensor are for a training with quantize, which is not set");
      }
      return;
    }
    if (precision() != TrainingPrecision.FLOAT32) {
      throw new MobileNetException(
          "precision is bf16, expected float32 with quantize: bfloat16 does not hold its integers");
    }
    if (quantizeFrom() <= classifierEpochs() || quantizeFrom() > epochs()) {
      throw new MobileNetException(
          "quantize from is %s, expected %s to %s"
              .formatted(quantizeFrom(), classifierEpochs() + 1, epochs()));
    }
    if (minutes() > 0) {
      throw new MobileNetException(
          "minutes is %s, expected none with quantize: its epochs are counted from the end"
              .formatted(minutes()));
    }
  }

  private void checkShards() {
    if (shards() == 1) {
      return;
    }
    if (batch() % shards() != 0 || batch() / shards() < 2) {
      throw new MobileNetException(
          "batch is %s and shards is %s, expected shards of the same size, 2 images or more"
              .formatted(batch(), shards()));
    }
    if (quantize()) {
      throw new MobileNetException(
          "shards is %s, expected 1 with quantize: the ranges of its layers are a whole step's"
              .formatted(shards()));
    }
  }

  private <T> void check(TrainingOption<T> option) {
    option.check(get(option));
  }

  /** Returns a builder for a network that begins with random values; 30 epochs. */
  public static Builder fromScratch() {
    return new Builder(false, TrainingGraph.parts(MobileNetV1.builder().build()));
  }

  /**
   * Returns how many epochs of so many images a training from scratch takes to learn most of what
   * they teach: 3 million images in all, 30 epochs at least and 100 at most. {@code
   * docs/training.md} tells what was measured.
   */
  public static int epochsFor(int images) {
    return Math.clamp(IMAGES_FROM_SCRATCH / Math.max(images, 1), 30, 100);
  }

  /**
   * Returns a builder for a network that begins with somebody's weights: their α, size, stride of
   * the stem and preprocessing, smaller rates, 15 epochs, of which the first 3 (at most a fifth)
   * are for the classifier alone; after them the backbone learns at a third of the classifier's
   * rate.
   */
  public static Builder fineTuning(Model from) {
    return new Builder(true, TrainingGraph.parts(from.network()))
        .widthMultiplier(from.network().widthMultiplier())
        .input(from.network().height(), from.network().width())
        .stemStride(from.network().stemStride())
        .preprocessing(from.preprocessing());
  }

  /**
   * Returns a builder that makes integers of 8 bits of a model which has learned its classes
   * already: {@link #quantize} from the first of 5 epochs on, a small rate, the same for all.
   */
  public static Builder quantizing(Model from) {
    return fineTuning(from)
        .quantize(true)
        .quantizeFrom(1)
        .epochs(5)
        .classifierEpochs(0)
        .backboneRate(1);
  }

  /**
   * Returns whether a training of some classes that begins with a model goes on with its
   * classifier: one with softmax alone, of the same classes in the same order, and no outputs for
   * others.
   */
  public static boolean keepsClassifier(Model from, Labels classes) {
    MobileNetV1.Head head = from.network().head();
    return from.labels().equals(classes)
        && head.others() == 0
        && head.hidden() == 0
        && head.activation() == ClassifierActivation.SOFTMAX;
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    Builder builder = new Builder(false, WHOLE_BACKBONE); // of a network that is not known here
    builder.values.putAll(values);
    return builder;
  }

  /** Returns the options as a value for a JSON writer: maps, lists, strings, numbers. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    TrainingOption.all().forEach(option -> json.put(option.name(), option.toJson(this)));
    return json;
  }

  /**
   * Returns the options in an object of JSON.
   *
   * @param source where it comes from, for messages
   * @throws MobileNetException if a field is missing, unknown, of another type or out of range
   */
  public static TrainingOptions fromJson(String source, Object json) {
    Map<String, Type> types = new LinkedHashMap<>();
    TrainingOption.all().forEach(option -> types.put(option.name(), option.jsonType()));
    Map<String, Object> fields = RecordJson.fields(source, types, TrainingOption.completed(json));
    Map<TrainingOption<?>, Object> values = new HashMap<>();
    for (TrainingOption<?> option : TrainingOption.all()) {
      String name = option.name();
      values.put(option, option.fromJson(source + "." + name, fields.get(name)));
    }
    try {
      return new TrainingOptions(values);
    } catch (MobileNetException e) {
      throw e.in(source);
    }
  }

  /**
   * Returns the options as people read them, in the order to be shown: what is off is left out, and
   * what has settings of its own is written as the command line reads it, {@code
   * sgd,momentum=0.9,nesterov=true}.
   */
  Map<String, String> toTable() {
    Map<String, String> table = new LinkedHashMap<>();
    TrainingOption.all().forEach(option -> option.addRows(this, table));
    return table;
  }

  @Override
  @SuppressWarnings("unchecked") // what Builder.set and fromJson put there
  public <T> T get(TrainingOption<T> option) {
    return (T) values.get(option);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TrainingOptions options && values.equals(options.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return toTable().toString();
  }

  /** Returns α of a network trained from scratch; weights to begin with bring their own. */
  public double widthMultiplier() {
    return get(TrainingOption.WIDTH_MULTIPLIER);
  }

  /** Returns the input rows. */
  public int height() {
    return get(TrainingOption.HEIGHT);
  }

  /** Returns the input columns. */
  public int width() {
    return get(TrainingOption.WIDTH);
  }

  /** Returns the channels of the input: 3, or 1 for grey images. */
  public int channels() {
    return get(TrainingOption.CHANNELS);
  }

  /** Returns the stride of the first convolution, 2 or 1. */
  public int stemStride() {
    return get(TrainingOption.STEM_STRIDE);
  }

  /** Returns what images go through, in training and from then on. */
  public Preprocessing preprocessing() {
    return get(TrainingOption.PREPROCESSING);
  }

  /** Returns the probability that a pooled feature is zeroed, in [0, 1). */
  public double dropout() {
    return get(TrainingOption.DROPOUT);
  }

  /** Whose network's conventions a network from scratch has; CANONICAL for TensorFlow's. */
  public Dialect like() {
    return get(TrainingOption.LIKE);
  }

  /** Returns how new values begin. */
  public Initialization initialization() {
    return get(TrainingOption.INITIALIZATION);
  }

  /**
   * Returns how much of the network is never trained: 0 nothing, 1 the stem, k the stem and the
   * first k−1 blocks, {@link #WHOLE_BACKBONE} all but the classifier.
   */
  public int frozenBlocks() {
    return get(TrainingOption.FROZEN_BLOCKS);
  }

  /** Returns the passes over the training images, those of the classifier alone among them, ≥ 1. */
  public int epochs() {
    return get(TrainingOption.EPOCHS);
  }

  /**
   * Returns the passes at the beginning in which only the classifier is trained, ≥ 0 and below the
   * epochs.
   */
  public int classifierEpochs() {
    return get(TrainingOption.CLASSIFIER_EPOCHS);
  }

  /**
   * Returns of how many variations of each image the backbone's features are computed once and kept
   * while the classifier alone is trained, ≥ 0; 0: in every epoch anew. They are computed anew too
   * where they would take more than 256 MB, images are mixed, there is a teacher, or values are
   * rounded.
   */
  public int featureViews() {
    return get(TrainingOption.FEATURE_VIEWS);
  }

  /**
   * Returns the time budget: after the first epoch, the number of epochs is lowered to what fits; 0
   * for none.
   */
  public double minutes() {
    return get(TrainingOption.MINUTES);
  }

  /** Returns the epochs without a better validation after which training stops; 0 for never. */
  public int patience() {
    return get(TrainingOption.PATIENCE);
  }

  /** Returns the images of a step, ≥ 2. */
  public int batch() {
    return get(TrainingOption.BATCH);
  }

  /**
   * Returns the parts of a step, each with its own BatchNorm statistics, whose gradients are summed
   * in a fixed order; as many processes can share the work ({@link ShardExchange}).
   */
  public int shards() {
    return get(TrainingOption.SHARDS);
  }

  /** Returns what the gradients of shards are rounded to before they are added up. */
  public ShardExchange.Wire shardGradients() {
    return get(TrainingOption.SHARD_GRADIENTS);
  }

  /** Returns what turns gradients into changes. */
  public Optimizer optimizer() {
    return get(TrainingOption.OPTIMIZER);
  }

  /** Returns the learning rate, of the classifier where the backbone has its own, &gt; 0. */
  public double learningRate() {
    return get(TrainingOption.LEARNING_RATE);
  }

  /**
   * Returns the learning rate of everything but the classifier, as a part of the learning rate, ≥
   * 0.
   */
  public double backboneRate() {
    return get(TrainingOption.BACKBONE_RATE);
  }

  /** Returns how the rate changes, once all is trained. */
  public Schedule schedule() {
    return get(TrainingOption.SCHEDULE);
  }

  /** Returns the epochs in which the rate rises from 0, ≥ 0. */
  public double warmUpEpochs() {
    return get(TrainingOption.WARM_UP_EPOCHS);
  }

  /** Returns the pull of the values towards zero. */
  public WeightDecay weightDecay() {
    return get(TrainingOption.WEIGHT_DECAY);
  }

  /** Returns the part of each target that is spread over all classes, in [0, 1). */
  public double labelSmoothing() {
    return get(TrainingOption.LABEL_SMOOTHING);
  }

  /** Returns the largest norm of the gradient; 0 for no limit. */
  public double clipNorm() {
    return get(TrainingOption.CLIP_NORM);
  }

  /**
   * Returns the decay of an exponential moving average of all values, which is then the model, in
   * [0, 1); 0 for none.
   */
  public double emaDecay() {
    return get(TrainingOption.EMA_DECAY);
  }

  /** Returns how much an image counts, by its class. */
  public ClassWeights classWeights() {
    return get(TrainingOption.CLASS_WEIGHTS);
  }

  /**
   * Returns the momentum of the running statistics, in PyTorch's convention, [0, 1]; TensorFlow's
   * decay is 1 − this. 0: they stay as they are, and BatchNorm normalises by them.
   */
  public double batchNormMomentum() {
    return get(TrainingOption.BATCH_NORM_MOMENTUM);
  }

  /** Returns in what numbers the products of pointwise convolutions are computed. */
  public TrainingPrecision precision() {
    return get(TrainingOption.PRECISION);
  }

  /**
   * Returns the temperature T at which a teacher's and the network's probabilities are compared,
   * &gt; 0.
   */
  public double distillationTemperature() {
    return get(TrainingOption.DISTILLATION_TEMPERATURE);
  }

  /**
   * Returns the part w of a teacher in the loss, {@code (1 − w) · cross-entropy + w · T² ·
   * KL(teacher ‖ network)}, in [0, 1]; 0 without one.
   */
  public double distillationWeight() {
    return get(TrainingOption.DISTILLATION_WEIGHT);
  }

  /**
   * Returns whether the network learns to do well in integers of 8 bits, which are then the result
   * beside the floats.
   */
  public boolean quantize() {
    return get(TrainingOption.QUANTIZE);
  }

  /**
   * Returns the first epoch in which it computes with what these integers hold, from 1; 0 without.
   */
  public int quantizeFrom() {
    return get(TrainingOption.QUANTIZE_FROM);
  }

  /** Returns whether the integers of a kernel share a scale; else each output channel has one. */
  public boolean perTensor() {
    return get(TrainingOption.PER_TENSOR);
  }

  /** Returns how images are varied. */
  public Augmentation augmentation() {
    return get(TrainingOption.AUGMENTATION);
  }

  /** Returns the seed of all chance: initial values, order, augmentation, dropout. */
  public long seed() {
    return get(TrainingOption.SEED);
  }

  /** Returns whether an image that cannot be read is an error; else it is left out. */
  public boolean strict() {
    return get(TrainingOption.STRICT);
  }

  /** Collects the values of {@link TrainingOptions}; each has a default. */
  public static final class Builder implements TrainingOption.Changes {
    private final boolean fineTuning;

    /** How many parts can be frozen: the stem and the blocks. */
    private final int parts;

    private final Map<TrainingOption<?>, Object> values = new HashMap<>();

    private Builder(boolean fineTuning, int parts) {
      this.fineTuning = fineTuning;
      this.parts = parts;
    }

    @Override
    public boolean isFineTuning() {
      return fineTuning;
    }

    @Override
    public <T> Builder set(TrainingOption<T> option, T value) {
      values.put(option, value);
      return this;
    }

    @Override
    @SuppressWarnings("unchecked") // what set put there
    public <T> T get(TrainingOption<T> option) {
      Object value = values.get(option);
      return value == null ? option.defaultFor(this) : (T) value;
    }

    /** Sets a square input. */
    public Builder resolution(int side) {
      return input(side, side);
    }

    /** Sets {@link TrainingOptions#height} and {@link TrainingOptions#width}. */
    public Builder input(int rows, int columns) {
      return set(TrainingOption.HEIGHT, rows).set(TrainingOption.WIDTH, columns);
    }

    /** Sets {@link TrainingOptions#widthMultiplier}. */
    public Builder widthMultiplier(double value) {
      return set(TrainingOption.WIDTH_MULTIPLIER, value);
    }

    /**
     * Sets {@link TrainingOptions#preprocessing}, which also says how many channels there are: see
     * {@link Preprocessing#forChannels}.
     */
    public Builder preprocessing(Preprocessing value) {
      return set(TrainingOption.PREPROCESSING, value)
          .set(TrainingOption.CHANNELS, value.channels());
    }

    /** Sets {@link TrainingOptions#stemStride}. */
    public Builder stemStride(int value) {
      return set(TrainingOption.STEM_STRIDE, value);
    }

    /** Sets {@link TrainingOptions#dropout}. */
    public Builder dropout(double value) {
      return set(TrainingOption.DROPOUT, value);
    }

    /** Sets {@link TrainingOptions#like}. */
    public Builder like(Dialect value) {
      return set(TrainingOption.LIKE, value);
    }

    /** Sets {@link TrainingOptions#initialization}. */
    public Builder initialization(Initialization value) {
      return set(TrainingOption.INITIALIZATION, value);
    }

    /** Sets {@link TrainingOptions#frozenBlocks}. */
    public Builder frozenBlocks(int value) {
      return set(TrainingOption.FROZEN_BLOCKS, value);
    }

    /** Sets {@link TrainingOptions#epochs}. */
    public Builder epochs(int value) {
      return set(TrainingOption.EPOCHS, value);
    }

    /** Sets {@link TrainingOptions#classifierEpochs}. */
    public Builder classifierEpochs(int value) {
      return set(TrainingOption.CLASSIFIER_EPOCHS, value);
    }

    /** Sets {@link TrainingOptions#featureViews}. */
    public Builder featureViews(int value) {
      return set(TrainingOption.FEATURE_VIEWS, value);
    }

    /** Sets {@link TrainingOptions#minutes}. */
    public Builder minutes(double value) {
      return set(TrainingOption.MINUTES, value);
    }

    /** Sets {@link TrainingOptions#patience}. */
    public Builder patience(int value) {
      return set(TrainingOption.PATIENCE, value);
    }

    /** Sets {@link TrainingOptions#batch}. */
    public Builder batch(int value) {
      return set(TrainingOption.BATCH, value);
    }

    /** Sets {@link TrainingOptions#shards}. */
    public Builder shards(int value) {
      return set(TrainingOption.SHARDS, value);
    }

    /** Sets {@link TrainingOptions#shardGradients}. */
    public Builder shardGradients(ShardExchange.Wire value) {
      return set(TrainingOption.SHARD_GRADIENTS, value);
    }

    /** Sets {@link TrainingOptions#optimizer}. */
    public Builder optimizer(Optimizer value) {
      return set(TrainingOption.OPTIMIZER, value);
    }

    /** Sets {@link TrainingOptions#learningRate}. */
    public Builder learningRate(double value) {
      return set(TrainingOption.LEARNING_RATE, value);
    }

    /** Sets {@link TrainingOptions#backboneRate}. */
    public Builder backboneRate(double value) {
      return set(TrainingOption.BACKBONE_RATE, value);
    }

    /** Sets {@link TrainingOptions#schedule}. */
    public Builder schedule(Schedule value) {
      return set(TrainingOption.SCHEDULE, value);
    }

    /** Sets {@link TrainingOptions#warmUpEpochs}. */
    public Builder warmUpEpochs(double value) {
      return set(TrainingOption.WARM_UP_EPOCHS, value);
    }

    /** Sets {@link TrainingOptions#weightDecay}. */
    public Builder weightDecay(WeightDecay value) {
      return set(TrainingOption.WEIGHT_DECAY, value);
    }

    /** Sets {@link TrainingOptions#labelSmoothing}. */
    public Builder labelSmoothing(double value) {
      return set(TrainingOption.LABEL_SMOOTHING, value);
    }

    /** Sets {@link TrainingOptions#clipNorm}. */
    public Builder clipNorm(double value) {
      return set(TrainingOption.CLIP_NORM, value);
    }

    /** Sets {@link TrainingOptions#emaDecay}. */
    public Builder emaDecay(double value) {
      return set(TrainingOption.EMA_DECAY, value);
    }

    /** Sets {@link TrainingOptions#classWeights}. */
    public Builder classWeights(ClassWeights value) {
      return set(TrainingOption.CLASS_WEIGHTS, value);
    }

    /** Sets {@link TrainingOptions#batchNormMomentum}. */
    public Builder batchNormMomentum(double value) {
      return set(TrainingOption.BATCH_NORM_MOMENTUM, value);
    }

    /** Sets {@link TrainingOptions#distillationTemperature}. */
    public Builder distillationTemperature(double value) {
      return set(TrainingOption.DISTILLATION_TEMPERATURE, value);
    }

    /** Sets {@link TrainingOptions#distillationWeight}. */
    public Builder distillationWeight(double value) {
      return set(TrainingOption.DISTILLATION_WEIGHT, value);
    }

    /** Sets {@link TrainingOptions#precision}. */
    public Builder precision(TrainingPrecision value) {
      return set(TrainingOption.PRECISION, value);
    }

    /** Sets {@link TrainingOptions#quantize}. */
    public Builder quantize(boolean value) {
      return set(TrainingOption.QUANTIZE, value);
    }

    /** Sets {@link TrainingOptions#quantizeFrom}. */
    public Builder quantizeFrom(int value) {
      return set(TrainingOption.QUANTIZE_FROM, value);
    }

    /** Sets {@link TrainingOptions#perTensor}. */
    public Builder perTensor(boolean value) {
      return set(TrainingOption.PER_TENSOR, value);
    }

    /** Sets {@link TrainingOptions#augmentation}. */
    public Builder augmentation(Augmentation value) {
      return set(TrainingOption.AUGMENTATION, value);
    }

    /** Sets {@link TrainingOptions#seed}. */
    public Builder seed(long value) {
      return set(TrainingOption.SEED, value);
    }

    /** Sets {@link TrainingOptions#strict}. */
    public Builder strict(boolean value) {
      return set(TrainingOption.STRICT, value);
    }

    /**
     * Returns the options.
     *
     * @throws MobileNetException if a value is out of its range
     */
    public TrainingOptions build() {
      int frozen = get(TrainingOption.FROZEN_BLOCKS);
      if (frozen > parts && frozen != WHOLE_BACKBONE) {
        throw new MobileNetException(
            "frozen blocks is %s, expected 0 to %s".formatted(frozen, parts));
      }
      Map<TrainingOption<?>, Object> all = new HashMap<>();
      TrainingOption.all().forEach(option -> all.put(option, get(option)));
      return new TrainingOptions(Collections.unmodifiableMap(all));
    }
  }
}

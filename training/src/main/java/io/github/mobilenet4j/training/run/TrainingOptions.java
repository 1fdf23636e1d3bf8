package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Augmentation;
import io.github.mobilenet4j.files.RecordJson;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.ClassWeights;
import io.github.mobilenet4j.training.Optimizer;
import io.github.mobilenet4j.training.Schedule;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.WeightDecay;
import io.github.mobilenet4j.weights.Initialization;
import io.github.mobilenet4j.weights.Model;
import java.util.Map;

/**
 * Everything that decides what a training on given pictures results in, to the last bit. A record,
 * so that a run can be repeated: {@link #toJson} is what {@code config.json} holds.
 *
 * <pre>{@code
 * TrainingOptions options =
 *     TrainingOptions.fromScratch().widthMultiplier(0.25).resolution(96).epochs(50).build();
 * }</pre>
 *
 * @param widthMultiplier α of a network trained from scratch; weights to begin with bring their own
 * @param height input rows
 * @param width input columns
 * @param dropout probability that a pooled feature is zeroed, in [0, 1)
 * @param initialization how new values begin
 * @param epochs passes over the training pictures, those of the head alone among them, ≥ 1
 * @param classifierEpochs passes at the beginning in which only the classifier is trained, ≥ 0 and
 *     below the epochs
 * @param minutes time budget: after the first epoch, the number of epochs is lowered to what fits;
 *     0 for none
 * @param batch pictures a step, ≥ 2
 * @param optimizer what turns gradients into changes
 * @param learningRate learning rate, of the classifier where the backbone has its own, &gt; 0
 * @param backboneRate learning rate of everything but the classifier, as a part of the learning
 *     rate, ≥ 0
 * @param schedule how the rate changes, once all is trained
 * @param warmUpEpochs epochs in which the rate rises from 0, ≥ 0
 * @param weightDecay pull of the values towards zero
 * @param labelSmoothing part of each target that is spread over all classes, in [0, 1)
 * @param clipNorm largest norm of the gradient; 0 for no limit
 * @param emaDecay decay of an exponential moving average of all values, which is then the model, in
 *     [0, 1); 0 for none
 * @param classWeights how much a picture counts, by its class
 * @param patience epochs without a better validation after which training stops; 0 for never
 * @param batchNormMomentum of the running statistics, in PyTorch's convention, (0, 1]; TensorFlow's
 *     decay is 1 − this
 * @param frozenBlocks how much of the network is never trained: 0 nothing, 1 the stem, k the stem
 *     and the first k−1 blocks, {@link #WHOLE_BACKBONE} all but the classifier
 * @param augmentation how pictures are varied
 * @param preprocessing what pictures go through, in training and from then on
 * @param seed of all chance: initial values, order, augmentation, dropout
 * @param strict whether a picture that cannot be read is an error; else it is left out
 */
public record TrainingOptions(
    double widthMultiplier,
    int height,
    int width,
    double dropout,
    Initialization initialization,
    int epochs,
    int classifierEpochs,
    double minutes,
    int batch,
    Optimizer optimizer,
    double learningRate,
    double backboneRate,
    Schedule schedule,
    double warmUpEpochs,
    WeightDecay weightDecay,
    double labelSmoothing,
    double clipNorm,
    double emaDecay,
    ClassWeights classWeights,
    int patience,
    double batchNormMomentum,
    int frozenBlocks,
    Augmentation augmentation,
    Preprocessing preprocessing,
    long seed,
    boolean strict) {

  /** Freezes all but the classifier, however many blocks the network has. */
  public static final int WHOLE_BACKBONE = Integer.MAX_VALUE;

  /**
   * Checks every value.
   *
   * @throws MobileNetException if one is out of its range
   */
  public TrainingOptions {
    // Checks width multiplier, size and dropout.
    MobileNetV1.builder()
        .widthMultiplier(widthMultiplier)
        .input(height, width)
        .dropout(dropout)
        .build();
    check(epochs >= 1, "epochs", epochs, ">= 1");
    check(
        classifierEpochs >= 0 && classifierEpochs < epochs,
        "epochs of the head",
        classifierEpochs,
        "0 to " + (epochs - 1));
    check(minutes >= 0 && Double.isFinite(minutes), "minutes", minutes, ">= 0");
    check(batch >= 2, "batch", batch, ">= 2: BatchNorm needs the statistics of several pictures");
    check(learningRate > 0 && Double.isFinite(learningRate), "learning rate", learningRate, "> 0");
    check(
        backboneRate >= 0 && Double.isFinite(backboneRate),
        "rate of the backbone",
        backboneRate,
        ">= 0");
    check(
        warmUpEpochs >= 0 && Double.isFinite(warmUpEpochs), "warm-up epochs", warmUpEpochs, ">= 0");
    check(
        labelSmoothing >= 0 && labelSmoothing < 1, "label smoothing", labelSmoothing, "in [0, 1)");
    check(clipNorm >= 0 && Double.isFinite(clipNorm), "clip norm", clipNorm, ">= 0");
    check(emaDecay >= 0 && emaDecay < 1, "EMA decay", emaDecay, "in [0, 1)");
    check(patience >= 0, "patience", patience, ">= 0");
    check(
        batchNormMomentum > 0 && batchNormMomentum <= 1,
        "BatchNorm momentum",
        batchNormMomentum,
        "in (0, 1]");
    check(frozenBlocks >= 0, "frozen blocks", frozenBlocks, ">= 0");
  }

  private static void check(boolean valid, String what, Object found, String expected) {
    if (!valid) {
      throw new MobileNetException(what + " is " + found + ", expected " + expected);
    }
  }

  /** Returns a builder for a network that begins with random values. */
  public static Builder fromScratch() {
    return new Builder(1, 0, TrainingGraph.parts(MobileNetV1.builder().build()));
  }

  /**
   * Returns a builder for a network that begins with somebody's weights: their α, size and
   * preprocessing, smaller rates, 15 epochs, of which the first 3 (at most a fifth) are for the
   * classifier alone; after them the backbone learns at a third of the classifier's rate.
   */
  public static Builder fineTuning(Model from) {
    return new Builder(0.4, 3, TrainingGraph.parts(from.network()))
        .widthMultiplier(from.network().widthMultiplier())
        .input(from.network().height(), from.network().width())
        .preprocessing(from.preprocessing())
        .epochs(15)
        .backboneRate(1 / 3.0);
  }

  /** Returns a builder that starts from these values. */
  public Builder toBuilder() {
    return new Builder(1, 0, WHOLE_BACKBONE) // of a network that is not known here
        .widthMultiplier(widthMultiplier)
        .input(height, width)
        .dropout(dropout)
        .initialization(initialization)
        .epochs(epochs)
        .classifierEpochs(classifierEpochs)
        .minutes(minutes)
        .batch(batch)
        .optimizer(optimizer)
        .learningRate(learningRate)
        .backboneRate(backboneRate)
        .schedule(schedule)
        .warmUpEpochs(warmUpEpochs)
        .weightDecay(weightDecay)
        .labelSmoothing(labelSmoothing)
        .clipNorm(clipNorm)
        .emaDecay(emaDecay)
        .classWeights(classWeights)
        .patience(patience)
        .batchNormMomentum(batchNormMomentum)
        .frozenBlocks(frozenBlocks)
        .augmentation(augmentation)
        .preprocessing(preprocessing)
        .seed(seed)
        .strict(strict);
  }

  /** Returns the options as a value for a JSON writer: maps, lists, strings, numbers. */
  public Map<String, Object> toJson() {
    return RecordJson.of(this);
  }

  /**
   * Returns the options in an object of JSON.
   *
   * @param source where it comes from, for messages
   * @throws MobileNetException if a field is missing, unknown, of another type or out of range
   */
  public static TrainingOptions fromJson(String source, Object json) {
    return RecordJson.read(source, TrainingOptions.class, json);
  }

  /** Collects the values of {@link TrainingOptions}; each has a default. */
  public static final class Builder {
    private final double rateFactor;
    private final int mostClassifierEpochs;

    /** How many parts can be frozen: the stem and the blocks. */
    private final int parts;

    private double widthMultiplier = 0.5;
    private int height = 128;
    private int width = 128;
    private double dropout = 0.1;
    private Initialization initialization = Initialization.TRUNCATED_NORMAL;
    private int epochs = 30;
    private int classifierEpochs = -1;
    private double minutes;
    private int batch = 32;
    private Optimizer optimizer = Optimizer.Sgd.DEFAULT;
    private double learningRate;
    private double backboneRate = 1;
    private Schedule schedule = Schedule.Cosine.DEFAULT;
    private double warmUpEpochs = 1;
    private WeightDecay weightDecay;
    private double labelSmoothing;
    private double clipNorm;
    private double emaDecay;
    private ClassWeights classWeights = new ClassWeights.Equal();
    private int patience;
    private double batchNormMomentum = 0.1;
    private int frozenBlocks;
    private Augmentation augmentation = Augmentation.LIGHT;
    private Preprocessing preprocessing = Preprocessing.TENSORFLOW;
    private long seed = 1;
    private boolean strict;

    private Builder(double rateFactor, int mostClassifierEpochs, int parts) {
      this.rateFactor = rateFactor;
      this.mostClassifierEpochs = mostClassifierEpochs;
      this.parts = parts;
    }

    /** Sets α; default 0.5. */
    public Builder widthMultiplier(double value) {
      widthMultiplier = value;
      return this;
    }

    /** Sets a square input; default 128. */
    public Builder resolution(int side) {
      return input(side, side);
    }

    /** Sets input rows and columns. */
    public Builder input(int rows, int columns) {
      height = rows;
      width = columns;
      return this;
    }

    /** Sets dropout before the classifier; default 0.1. */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    /** Sets how new values begin; default {@link Initialization#TRUNCATED_NORMAL}. */
    public Builder initialization(Initialization value) {
      initialization = value;
      return this;
    }

    /** Sets the passes over the training pictures; default 30. */
    public Builder epochs(int value) {
      epochs = value;
      return this;
    }

    /** Sets the passes at the beginning in which only the classifier is trained. */
    public Builder classifierEpochs(int value) {
      classifierEpochs = value;
      return this;
    }

    /** Sets a time budget, to which the number of epochs is lowered; default 0: none. */
    public Builder minutes(double value) {
      minutes = value;
      return this;
    }

    /** Sets the pictures of a step; default 32. */
    public Builder batch(int value) {
      batch = value;
      return this;
    }

    /** Sets the optimizer; default {@link Optimizer.Sgd#DEFAULT}. */
    public Builder optimizer(Optimizer value) {
      optimizer = value;
      return this;
    }

    /**
     * Sets the learning rate. Default, for a batch of 32 and in proportion to the batch: 0.025 for
     * SGD, 0.01 for RMSprop (0.001 in PyTorch's formula) and 0.0005 for AdamW; two fifths of that
     * where weights are given.
     */
    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    /**
     * Sets the learning rate of everything but the classifier, as a part of the learning rate;
     * default 1.
     */
    public Builder backboneRate(double value) {
      backboneRate = value;
      return this;
    }

    /** Sets how the rate changes; default {@link Schedule.Cosine#DEFAULT}. */
    public Builder schedule(Schedule value) {
      schedule = value;
      return this;
    }

    /** Sets the epochs in which the rate rises from 0; default 1. */
    public Builder warmUpEpochs(double value) {
      warmUpEpochs = value;
      return this;
    }

    /**
     * Sets the weight decay; default 4e-5, TF-Slim's, and 0.05 for AdamW, none on depthwise
     * kernels.
     */
    public Builder weightDecay(WeightDecay value) {
      weightDecay = value;
      return this;
    }

    /** Sets label smoothing; default 0, as the paper advises for small networks. */
    public Builder labelSmoothing(double value) {
      labelSmoothing = value;
      return this;
    }

    /** Sets the largest norm of the gradient; default 0: no limit. */
    public Builder clipNorm(double value) {
      clipNorm = value;
      return this;
    }

    /**
     * Sets the decay of an exponential moving average of all values, which is then the model;
     * default 0: none.
     */
    public Builder emaDecay(double value) {
      emaDecay = value;
      return this;
    }

    /** Sets how much a picture counts, by its class; default: all the same. */
    public Builder classWeights(ClassWeights value) {
      classWeights = value;
      return this;
    }

    /** Sets the epochs without a better validation after which training stops; default 0: never. */
    public Builder patience(int value) {
      patience = value;
      return this;
    }

    /**
     * Sets the momentum of the running statistics in PyTorch's convention, 1 − TensorFlow's decay;
     * default 0.1.
     */
    public Builder batchNormMomentum(double value) {
      batchNormMomentum = value;
      return this;
    }

    /**
     * Sets how much of the network is never trained: 0 nothing, 1 the stem, k the stem and the
     * first k−1 blocks, {@link TrainingOptions#WHOLE_BACKBONE} all but the classifier; default 0.
     */
    public Builder frozenBlocks(int value) {
      frozenBlocks = value;
      return this;
    }

    /** Sets how pictures are varied; default {@link Augmentation#LIGHT}. */
    public Builder augmentation(Augmentation value) {
      augmentation = value;
      return this;
    }

    /** Sets what pictures go through; default {@link Preprocessing#TENSORFLOW}. */
    public Builder preprocessing(Preprocessing value) {
      preprocessing = value;
      return this;
    }

    /** Sets the seed of all chance; default 1. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Sets whether a picture that cannot be read is an error; default false: it is left out. */
    public Builder strict(boolean value) {
      strict = value;
      return this;
    }

    /**
     * Returns the options.
     *
     * @throws MobileNetException if a value is out of its range
     */
    public TrainingOptions build() {
      check(
          frozenBlocks <= parts || frozenBlocks == WHOLE_BACKBONE,
          "frozen blocks",
          frozenBlocks,
          "0 to " + parts);
      return new TrainingOptions(
          widthMultiplier,
          height,
          width,
          dropout,
          initialization,
          epochs,
          classifierEpochs < 0 ? Math.min(mostClassifierEpochs, epochs / 5) : classifierEpochs,
          minutes,
          batch,
          optimizer,
          learningRate == 0 ? defaultRate() : learningRate,
          backboneRate,
          schedule,
          warmUpEpochs,
          weightDecay == null ? defaultDecay() : weightDecay,
          labelSmoothing,
          clipNorm,
          emaDecay,
          classWeights,
          patience,
          batchNormMomentum,
          frozenBlocks,
          augmentation,
          preprocessing,
          seed,
          strict);
    }

    private double defaultRate() {
      double rate =
          switch (optimizer) {
            case Optimizer.Sgd _ -> 0.025;
            case Optimizer.RmsProp rms ->
                switch (rms.formula()) {
                  case TENSORFLOW -> 0.01;
                  case PYTORCH -> 0.001;
                };
            case Optimizer.AdamW _ -> 0.0005;
          };
      return rateFactor * rate * batch / 32;
    }

    private WeightDecay defaultDecay() {
      return new WeightDecay(
          optimizer instanceof Optimizer.AdamW ? 0.05 : 4e-5, WeightDecay.Scope.NO_DEPTHWISE);
    }
  }
}

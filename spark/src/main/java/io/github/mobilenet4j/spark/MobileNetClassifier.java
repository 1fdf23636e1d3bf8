package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.training.run.TrainingOptions;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.StructType;

/**
 * Trains a classifier of images on a cluster.
 *
 * <pre>{@code
 * MobileNetModel model =
 *     new MobileNetClassifier()
 *         .setLabelCol("class")
 *         .setNumWorkers(4)
 *         .setShards(4)
 *         .setEpochs(20)
 *         .setRunFolder("hdfs:///runs/flowers")
 *         .fit(images);
 * }</pre>
 *
 * <p>Each step has {@link #shards} × {@link #shardSize} images. A shard has its own BatchNorm
 * statistics, and gradients are summed over the shards in a fixed order: the same images, options,
 * shards and weights to begin with give the same model to the last bit on any number of workers,
 * however the data set is partitioned, and also as one process with {@code train --shards}. Images
 * are in the order of their SHA-256, from which each epoch draws its own.
 *
 * <p>Workers are the tasks of one barrier stage: all must fit at once, and one that is lost makes
 * all begin again from the last checkpoint in {@link #runFolder}, to the same bits. They connect to
 * each other directly, on ports that the system chooses, and know each other by a secret of this
 * training; what they send is not encrypted.
 */
public final class MobileNetClassifier extends Estimator<MobileNetModel>
    implements MobileNetParams<MobileNetClassifier>, DefaultParamsWritable {
  private static final long serialVersionUID = 1;

  private final String uid;
  private final ImageParams imageParams;
  private final Param<String> labelCol;
  private final IntParam numWorkers;
  private final IntParam shards;
  private final IntParam shardSize;
  private final IntParam epochs;
  private final Param<String> trainingOptions;
  private final DoubleParam validationFraction;
  private final Param<String> modelFile;
  private final Param<String> runFolder;
  private final BooleanParam resume;

  /** Makes a stage with a uid of its own. */
  public MobileNetClassifier() {
    this(Identifiable$.MODULE$.randomUID("mobilenet"));
  }

  /** Makes a stage with a uid. */
  public MobileNetClassifier(String uid) {
    this.uid = uid; // before super(), which may ask for it
    super();
    imageParams = new ImageParams(this);
    labelCol =
        new Param<>(
            this,
            "labelCol",
            "column of the classes: text, or numbers from 0, whose names may be in its metadata");
    setDefault(labelCol, "label");
    numWorkers =
        new IntParam(
            this,
            "numWorkers",
            "tasks that train together; 0, the default, for as many as the cluster has room for, at"
                + " most one for each shard",
            ParamValidators.gtEq(0));
    setDefault(numWorkers, 0);
    shards =
        new IntParam(
            this,
            "shards",
            "parts of a step; the result depends on them, and not on how many workers share them",
            ParamValidators.gtEq(1));
    setDefault(shards, 4);
    shardSize = new IntParam(this, "shardSize", "images of a shard, ≥ 2", ParamValidators.gtEq(2));
    setDefault(shardSize, 32);
    epochs = new IntParam(this, "epochs", "passes over the images", ParamValidators.gtEq(1));
    setDefault(epochs, 30);
    trainingOptions =
        new Param<>(
            this,
            "trainingOptions",
            "a JSON object of other options of the training, with the names and values of"
                + " config.json: {\"learningRate\": 0.1, \"widthMultiplier\": 0.25}");
    setDefault(trainingOptions, "{}");
    validationFraction =
        new DoubleParam(
            this,
            "validationFraction",
            "part of the images to choose the best model by, in [0, 1)",
            ParamValidators.inRange(0, 1, true, false));
    setDefault(validationFraction, 0.1);
    modelFile =
        new Param<>(
            this,
            "modelFile",
            "path or URI of the weights to begin with; empty, the default, for none");
    setDefault(modelFile, "");
    runFolder =
        new Param<>(
            this,
            "runFolder",
            "URI of the folder for checkpoints, metrics, report and models, in a file system that"
                + " all workers reach");
    resume =
        new BooleanParam(
            this, "resume", "whether to go on with the training in the folder, if there is one");
    setDefault(resume, false);
  }

  @Override
  public String uid() {
    return uid;
  }

  @Override
  public ImageParams imageParams() {
    return imageParams;
  }

  /** The column of the classes. */
  public Param<String> labelCol() {
    return labelCol;
  }

  /** Returns the column of the classes. */
  public String getLabelCol() {
    return getOrDefault(labelCol);
  }

  /** Sets the column of the classes. */
  public MobileNetClassifier setLabelCol(String value) {
    set(labelCol, value);
    return this;
  }

  /** How many tasks train together, 0 for as many as there is room for. */
  public IntParam numWorkers() {
    return numWorkers;
  }

  /** Returns how many tasks train together, 0 for as many as there is room for. */
  public int getNumWorkers() {
    return (int) getOrDefault(numWorkers);
  }

  /** Sets how many tasks train together, 0 for as many as there is room for. */
  public MobileNetClassifier setNumWorkers(int value) {
    set(numWorkers, value);
    return this;
  }

  /** The parts of a step. */
  public IntParam shards() {
    return shards;
  }

  /** Returns the parts of a step. */
  public int getShards() {
    return (int) getOrDefault(shards);
  }

  /** Sets the parts of a step. */
  public MobileNetClassifier setShards(int value) {
    set(shards, value);
    return this;
  }

  /** The images of a shard. */
  public IntParam shardSize() {
    return shardSize;
  }

  /** Returns the images of a shard. */
  public int getShardSize() {
    return (int) getOrDefault(shardSize);
  }

  /** Sets the images of a shard. */
  public MobileNetClassifier setShardSize(int value) {
    set(shardSize, value);
    return this;
  }

  /** The passes over the images. */
  public IntParam epochs() {
    return epochs;
  }

  /** Returns the passes over the images. */
  public int getEpochs() {
    return (int) getOrDefault(epochs);
  }

  /** Sets the passes over the images. */
  public MobileNetClassifier setEpochs(int value) {
    set(epochs, value);
    return this;
  }

  /** Other options of the training, a JSON object. */
  public Param<String> trainingOptions() {
    return trainingOptions;
  }

  /** Returns other options of the training, a JSON object. */
  public String getTrainingOptions() {
    return getOrDefault(trainingOptions);
  }

  /** Sets other options of the training, a JSON object. */
  public MobileNetClassifier setTrainingOptions(String value) {
    set(trainingOptions, value);
    return this;
  }

  /** The part of the images to choose the best model by. */
  public DoubleParam validationFraction() {
    return validationFraction;
  }

  /** Returns the part of the images to choose the best model by. */
  public double getValidationFraction() {
    return (double) getOrDefault(validationFraction);
  }

  /** Sets the part of the images to choose the best model by. */
  public MobileNetClassifier setValidationFraction(double value) {
    set(validationFraction, value);
    return this;
  }

  /** The path or URI of the weights to begin with, empty for none. */
  public Param<String> modelFile() {
    return modelFile;
  }

  /** Returns the path or URI of the weights to begin with, empty for none. */
  public String getModelFile() {
    return getOrDefault(modelFile);
  }

  /** Sets the path or URI of the weights to begin with, empty for none. */
  public MobileNetClassifier setModelFile(String value) {
    set(modelFile, value);
    return this;
  }

  /** The URI of the folder for checkpoints and results. */
  public Param<String> runFolder() {
    return runFolder;
  }

  /** Returns the URI of the folder for checkpoints and results. */
  public String getRunFolder() {
    return getOrDefault(runFolder);
  }

  /** Sets the URI of the folder for checkpoints and results. */
  public MobileNetClassifier setRunFolder(String value) {
    set(runFolder, value);
    return this;
  }

  /** Whether to go on with the training in the folder. */
  public BooleanParam resume() {
    return resume;
  }

  /** Returns whether to go on with the training in the folder. */
  public boolean getResume() {
    return (boolean) getOrDefault(resume);
  }

  /** Sets whether to go on with the training in the folder. */
  public MobileNetClassifier setResume(boolean value) {
    set(resume, value);
    return this;
  }

  /** Returns the options of the training, with those that the stage has parameters for. */
  private TrainingOptions options(Model from) {
    TrainingOptions.Builder builder =
        from == null ? TrainingOptions.fromScratch() : TrainingOptions.fineTuning(from);
    int batch = Math.multiplyExact(getShards(), getShardSize());
    TrainingOptions options = builder.batch(batch).shards(getShards()).epochs(getEpochs()).build();
    Map<Object, Object> all =
        new LinkedHashMap<>((Map<?, ?>) Json.parse("options", Json.text(options.toJson())));
    if (!(Json.parse("trainingOptions", getTrainingOptions()) instanceof Map<?, ?> changes)) {
      throw new MobileNetException(
          "trainingOptions is %s, expected a JSON object".formatted(getTrainingOptions()));
    }
    changes.forEach((name, value) -> {
      if (!all.containsKey(name)) {
        throw new MobileNetException(
            "trainingOptions has %s, expected some of %s".formatted(name, all.keySet()));
      }
      if (name.equals("batch") || name.equals("shards") || name.equals("epochs")) {
        throw new MobileNetException(
            "trainingOptions has %s, which the stage has a parameter for".formatted(name));
      }
      all.put(name, value);
    });
    TrainingOptions changed = TrainingOptions.fromJson("trainingOptions", all);
    if (changed.minutes() > 0) {
      throw new MobileNetException(
          "minutes is %s, expected none: workers have clocks of their own"
              .formatted(changed.minutes()));
    }
    return changed;
  }

  private int workers(SparkContext context) {
    int most = getShards();
    if (getNumWorkers() > most) {
      throw new MobileNetException(
          "numWorkers is %s, expected at most the %s shards".formatted(getNumWorkers(), most));
    }
    int cpus = Integer.parseInt(context.conf().get("spark.task.cpus", "1"));
    int room = Math.max(1, context.defaultParallelism() / cpus);
    return getNumWorkers() > 0 ? getNumWorkers() : Math.min(room, most);
  }

  /**
   * Trains.
   *
   * @throws MobileNetException if the data set, the options or the weights do not fit, or the run
   *     folder has a training already
   */
  @Override
  public MobileNetModel fit(Dataset<?> dataset) {
    transformSchema(dataset.schema());
    Model from = getModelFile().isEmpty() ? null : ModelStorage.read(getModelFile());
    DistributedTraining training =
        new DistributedTraining(
            dataset,
            new DistributedTraining.Settings(
                getInputCol(),
                getLabelCol(),
                workers(dataset.sparkSession().sparkContext()),
                getValidationFraction(),
                folder(dataset.sparkSession().sparkContext()),
                getResume()));
    byte[] model =
        training.run(options(from), from == null ? new byte[0] : new ModelHandle(from).file());
    MobileNetModel trained = new MobileNetModel(uid, ModelFile.read("the trained model", model));
    return copyValues(trained.setParent(this), ParamMap.empty());
  }

  private String folder(SparkContext context) {
    if (isSet(runFolder)) {
      return getRunFolder();
    }
    if (!context.isLocal()) {
      throw new MobileNetException(
          "runFolder is not set, expected a folder that all workers reach");
    }
    try {
      return Files.createTempDirectory("mobilenet4j-run").toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the columns of the data set, which the model adds its own to. */
  @Override
  public StructType transformSchema(StructType schema) {
    InputImage.Column.of(schema, getInputCol());
    return schema;
  }

  @Override
  public MobileNetClassifier copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  @Override
  public MLWriter write() {
    return new DefaultParamsWriter(this);
  }

  /** Returns what loads a saved stage. */
  public static MLReader<MobileNetClassifier> read() {
    return new DefaultParamsReader<>();
  }

  /** Loads a saved stage. */
  public static MobileNetClassifier load(String path) {
    return read().load(path);
  }
}

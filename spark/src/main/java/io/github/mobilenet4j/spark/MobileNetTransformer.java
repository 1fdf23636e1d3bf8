package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * Classifies a column of images by a given model: a file, any that mobilenet4j reads, or without
 * one the bundled model.
 *
 * <pre>{@code
 * Dataset<Row> images = spark.read().format("binaryFile").load("hdfs:///photos");
 * Dataset<Row> classified =
 *     new MobileNetTransformer().setModelFile("hdfs:///models/flowers.safetensors").transform(images);
 * }</pre>
 *
 * <p>Predictions are the same bits as {@link io.github.mobilenet4j.inference.Classifier}'s, however
 * the data set is partitioned. The model is sent to each executor once and compiled there once; a
 * task uses {@code spark.task.cpus} threads to compute, and as many to decode the next images. An
 * image that cannot be read is a row with an error, unless {@link #setHandleInvalid} says
 * otherwise.
 */
public final class MobileNetTransformer extends Transformer
    implements MobileNetParams<MobileNetTransformer>, MLWritable {
  private static final long serialVersionUID = 1;

  private final String uid;
  private final ImageParams imageParams;
  private final Param<String> modelFile;

  /** Read when it is first needed. */
  private transient ModelHandle handle;

  /** What it was read from, null if it was given. */
  private transient String source;

  /** Makes a stage with a uid of its own. */
  public MobileNetTransformer() {
    this(Identifiable$.MODULE$.randomUID("mobilenet"));
  }

  /** Makes a stage with a uid. */
  public MobileNetTransformer(String uid) {
    this.uid = uid; // before super(), which may ask for it
    super();
    imageParams = new ImageParams(this);
    modelFile =
        new Param<>(
            this,
            "modelFile",
            "path or URI of the model, in any file system of Hadoop's; empty for the bundled"
                + " model");
    setDefault(modelFile, "");
  }

  /** Returns a stage with a model that is in memory. */
  public static MobileNetTransformer of(Model model) {
    MobileNetTransformer stage = new MobileNetTransformer();
    stage.handle = new ModelHandle(model);
    return stage;
  }

  @Override
  public String uid() {
    return uid;
  }

  @Override
  public ImageParams imageParams() {
    return imageParams;
  }

  /** The path or URI of the model. */
  public Param<String> modelFile() {
    return modelFile;
  }

  /** Returns the path or URI of the model; empty for the bundled one, or for one that was given. */
  public String getModelFile() {
    return getOrDefault(modelFile);
  }

  /** Sets the path or URI of the model, which is read when it is first needed. */
  public MobileNetTransformer setModelFile(String value) {
    set(modelFile, value);
    return this;
  }

  /**
   * Returns the model.
   *
   * @throws MobileNetException if it cannot be read
   */
  public Model model() {
    return handle().model();
  }

  private synchronized ModelHandle handle() {
    String file = getModelFile();
    if (handle == null || source != null && !source.equals(file)) {
      handle = new ModelHandle(file.isEmpty() ? ModelFile.bundled() : ModelStorage.read(file));
      source = file;
    }
    return handle;
  }

  /** Adds the columns. */
  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    return new ImageStage(this, handle()).transform(dataset);
  }

  @Override
  public StructType transformSchema(StructType schema) {
    return new ImageStage(this, handle()).schema(schema);
  }

  @Override
  public MobileNetTransformer copy(ParamMap extra) {
    MobileNetTransformer copy = defaultCopy(extra);
    copy.handle = handle;
    copy.source = source;
    return copy;
  }

  /** Returns what saves the parameters, and the model beside them. */
  @Override
  public MLWriter write() {
    return new ModelStorage.Writer<>(this, MobileNetTransformer::handle);
  }

  /** Returns what loads a saved stage. */
  public static MLReader<MobileNetTransformer> read() {
    return new ModelStorage.Reader<>(
        MobileNetTransformer.class,
        (uid, handle) -> {
          MobileNetTransformer stage = new MobileNetTransformer(uid);
          stage.handle = handle;
          return stage;
        });
  }

  /** Loads a saved stage. */
  public static MobileNetTransformer load(String path) {
    return read().load(path);
  }
}

package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Model;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** What {@link MobileNetClassifier} trains: classifies as {@link MobileNetTransformer} does. */
public final class MobileNetModel extends org.apache.spark.ml.Model<MobileNetModel>
    implements MobileNetParams<MobileNetModel>, MLWritable {
  private static final long serialVersionUID = 1;

  private final String uid;
  private final ImageParams imageParams;
  private transient ModelHandle handle;

  /** Makes a stage without a model, which one that has one copies itself to. */
  public MobileNetModel(String uid) {
    this(uid, (ModelHandle) null);
  }

  private MobileNetModel(String uid, ModelHandle handle) {
    this.uid = uid; // before super(), which may ask for it
    super();
    imageParams = new ImageParams(this);
    this.handle = handle;
  }

  /** Makes a stage with a model. */
  public MobileNetModel(String uid, Model model) {
    this(uid, new ModelHandle(model));
  }

  @Override
  public String uid() {
    return uid;
  }

  @Override
  public ImageParams imageParams() {
    return imageParams;
  }

  /**
   * Returns the model.
   *
   * @throws MobileNetException if this was made without one
   */
  public Model model() {
    return handle().model();
  }

  private ModelHandle handle() {
    if (handle == null) {
      throw new MobileNetException("%s has no model, expected one from fit or load".formatted(uid));
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
  public MobileNetModel copy(ParamMap extra) {
    MobileNetModel copy = defaultCopy(extra);
    copy.handle = handle;
    return copy.setParent(parent());
  }

  /** Returns what saves the parameters, and the model beside them. */
  @Override
  public MLWriter write() {
    return new ModelStorage.Writer<>(this, MobileNetModel::handle);
  }

  /** Returns what loads a saved stage. */
  public static MLReader<MobileNetModel> read() {
    return new ModelStorage.Reader<>(MobileNetModel.class, MobileNetModel::new);
  }

  /** Loads a saved stage. */
  public static MobileNetModel load(String path) {
    return read().load(path);
  }
}

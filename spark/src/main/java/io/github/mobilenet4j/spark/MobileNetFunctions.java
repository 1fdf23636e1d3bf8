package io.github.mobilenet4j.spark;

import static org.apache.spark.sql.types.DataTypes.BooleanType;
import static org.apache.spark.sql.types.DataTypes.FloatType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.weights.Model;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.StructType;

/**
 * Functions for SQL.
 *
 * <pre>{@code
 * MobileNetFunctions.register(spark, "mobilenet", ModelFile.read(path));
 * spark.sql("SELECT path, mobilenet(content).label FROM photos");
 * }</pre>
 */
public final class MobileNetFunctions {
  private static final StructType TYPE =
      new StructType()
          .add("label", StringType)
          .add("index", IntegerType)
          .add("probability", FloatType)
          .add("unknown", BooleanType)
          .add("error", StringType);

  private MobileNetFunctions() {}

  /**
   * Registers a function of an encoded image (binary) that returns a struct: {@code label}, {@code
   * index} and {@code probability} of the most probable class, {@code unknown}, whether the image
   * seems to show none of the classes, and {@code error}, why it could not be read, with all others
   * null. Of null it is null. It runs image by image; {@link MobileNetTransformer} runs batches.
   *
   * @param name what SQL calls it
   * @throws io.github.mobilenet4j.MobileNetException if the model has no classifier
   */
  public static void register(SparkSession spark, String name, Model model) {
    model.network().requireClassifier();
    SharedModel shared = new ModelHandle(model).share(spark.sparkContext(), "");
    spark.udf().register(name, (UDF1<byte[], Object>) image -> classify(shared, image), TYPE);
  }

  private static Object classify(SharedModel shared, byte[] image) {
    if (image == null) {
      return null;
    }
    try {
      Predictions predictions = shared.classifier().classify(image, 1);
      Prediction best = predictions.getFirst();
      return RowFactory.create(
          best.label(), best.index(), best.probability(), predictions.unknown(), null);
    } catch (ImageException e) {
      return RowFactory.create(null, null, null, null, e.getMessage());
    }
  }
}

package io.github.mobilenet4j.spark;

import static org.apache.spark.sql.types.DataTypes.BooleanType;
import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.FloatType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.weights.Model;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.ml.attribute.AttributeGroup;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** A column that a stage adds, with what is in it. */
enum OutputColumn {
  RAW_PREDICTION(
      "rawPredictionCol",
      "rawPrediction",
      "column of the logits, a vector with one for each class; empty for none",
      SQLDataTypes.VectorType(),
      result -> vector(result.logits())) {
    @Override
    Metadata metadata(String name, Model model) {
      return new AttributeGroup(name, model.network().classes()).toMetadata();
    }
  },
  PROBABILITY(
      "probabilityCol",
      "probability",
      "column of the probabilities, a vector with one for each class; empty for none",
      SQLDataTypes.VectorType(),
      result -> vector(result.probabilities())) {
    @Override
    Metadata metadata(String name, Model model) {
      return new AttributeGroup(name, model.network().classes()).toMetadata();
    }
  },
  PREDICTION(
      "predictionCol",
      "prediction",
      "column of the index of the most probable class, with the labels in its metadata; empty for"
          + " none",
      DoubleType,
      result -> (double) result.predictions().getFirst().index()) {
    @Override
    Metadata metadata(String name, Model model) {
      List<String> labels = model.labels().names();
      // Attributes take no label twice; some sets of classes have one twice (the two cranes).
      return labels.stream().distinct().count() == labels.size()
          ? NominalAttribute.defaultAttr()
              .withName(name)
              .withValues(labels.toArray(String[]::new))
              .toMetadata()
          : Metadata.empty();
    }
  },
  PREDICTED_LABEL(
      "predictedLabelCol",
      "predictedLabel",
      "column of the label of the most probable class; empty for none",
      StringType,
      result -> result.predictions().getFirst().label()),
  TOP_K(
      "topKCol",
      "",
      "column of the topK most probable classes, most probable first, an array of (label, index,"
          + " probability); empty, the default, for none",
      DataTypes.createArrayType(
          new StructType()
              .add("label", StringType, false)
              .add("index", IntegerType, false)
              .add("probability", FloatType, false),
          false),
      result -> result.predictions().stream().map(OutputColumn::row).toArray(Row[]::new)),
  UNKNOWN(
      "unknownCol",
      "",
      "column of whether the image seems to show none of the classes, always false of a model"
          + " without a threshold; empty, the default, for none",
      BooleanType,
      result -> result.predictions().unknown()),
  FEATURES(
      "featuresCol",
      "features",
      "column of the embedding, the pooled features before the classifier as a vector; empty for"
          + " none",
      SQLDataTypes.VectorType(),
      result -> vector(result.features())) {
    @Override
    boolean needsClassifier() {
      return false;
    }

    @Override
    Metadata metadata(String name, Model model) {
      return new AttributeGroup(name, model.network().features()).toMetadata();
    }
  },
  ERROR(
      "errorCol",
      "error",
      "column of why an image could not be read, null where it could; empty for none",
      StringType,
      null) {
    @Override
    boolean needsClassifier() {
      return false;
    }

    @Override
    Object value(Result result) {
      return result.error();
    }
  };

  private final String param;
  private final String defaultName;
  private final String description;
  private final DataType type;
  private final Function<Result, Object> value;

  OutputColumn(
      String param,
      String defaultName,
      String description,
      DataType type,
      Function<Result, Object> value) {
    this.param = param;
    this.defaultName = defaultName;
    this.description = description;
    this.type = type;
    this.value = value;
  }

  private static Vector vector(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return Vectors.dense(doubles);
  }

  private static Row row(Prediction prediction) {
    return RowFactory.create(prediction.label(), prediction.index(), prediction.probability());
  }

  /** Returns the name of the parameter that names the column. */
  String param() {
    return param;
  }

  /** Returns its name where none is set; empty if it is then not made. */
  String defaultName() {
    return defaultName;
  }

  /** Returns what the parameter is for. */
  String description() {
    return description;
  }

  /** Returns whether a network without a classifier has nothing for it. */
  boolean needsClassifier() {
    return true;
  }

  /** Returns what the column says of itself. */
  Metadata metadata(String name, Model model) {
    return Metadata.empty();
  }

  /** Returns the column of a model's results. */
  StructField field(String name, Model model) {
    return new StructField(name, type, true, metadata(name, model));
  }

  /** Returns what a row has in it, null of an image that could not be read. */
  Object value(Result result) {
    return result.error() == null ? value.apply(result) : null;
  }
}

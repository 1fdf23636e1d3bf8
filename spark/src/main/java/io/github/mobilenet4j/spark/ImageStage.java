package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.Model;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** What a stage with a model does to a data set. */
final class ImageStage {
  private final MobileNetParams<?> params;
  private final ModelHandle handle;

  ImageStage(MobileNetParams<?> params, ModelHandle handle) {
    this.params = params;
    this.handle = handle;
  }

  private String name(OutputColumn column) {
    return params.getOrDefault(params.imageParams().outputs.get(column));
  }

  /**
   * Returns the columns that are added: those with a name, and of a network without a classifier
   * only what that has.
   */
  private List<OutputColumn> outputs() {
    Model model = handle.model();
    return Stream.of(OutputColumn.values())
        .filter(column -> !name(column).isEmpty())
        .filter(column -> model.network().hasClassifier() || !column.needsClassifier())
        .toList();
  }

  /**
   * Returns the columns of the data set and those that are added.
   *
   * @throws MobileNetException if there is no column of images, or one of a name that would be
   *     added
   */
  StructType schema(StructType from) {
    InputImage.Column.of(from, params.getInputCol());
    StructType schema = from;
    for (OutputColumn column : outputs()) {
      String name = name(column);
      if (Arrays.asList(schema.fieldNames()).contains(name)) {
        throw new MobileNetException(
            "a column %s is there already, set %s to another name or to none"
                .formatted(name, column.param()));
      }
      schema = schema.add(column.field(name, handle.model()));
    }
    return schema;
  }

  Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = schema(dataset.schema());
    SparkContext context = dataset.sparkSession().sparkContext();
    ClassifyPartition partition =
        new ClassifyPartition(
            handle.share(context, params.getPrecision()),
            InputImage.Column.of(dataset.schema(), params.getInputCol()),
            outputs(),
            new ClassifyPartition.Settings(
                params.getBatchSize(),
                params.getTopK(),
                ImageParams.Invalid.of(params.getHandleInvalid())),
            TaskMetrics.of(context));
    return dataset
        .toDF()
        .mapPartitions(partition, Encoders.row(schema))
        .to(schema); // The rows' encoder drops what columns say of themselves.
  }
}

package io.github.mobilenet4j.spark;

import java.io.IOException;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.SparkSession;

/** Loads a pipeline in a JVM that has never seen it, and runs it on two executors. */
final class PipelineDriver {
  private PipelineDriver() {}

  static void main() throws IOException {
    try (SparkSession spark = Cluster.session(2)) {
      PipelineModel.load("pipeline")
          .transform(spark.read().parquet("images.parquet").repartition(4))
          .select("path", "probability")
          .write()
          .parquet("predictions.parquet");
    }
  }
}

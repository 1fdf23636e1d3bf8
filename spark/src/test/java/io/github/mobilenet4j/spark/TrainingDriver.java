package io.github.mobilenet4j.spark;

import java.io.IOException;
import org.apache.spark.sql.SparkSession;

/** Trains on executors that are JVMs of their own. */
final class TrainingDriver {
  private TrainingDriver() {}

  static void main(String[] arguments) throws IOException {
    int executors = Integer.parseInt(arguments[0]);
    try (SparkSession spark = Cluster.session(executors)) {
      MobileNetClassifierTest.stage()
          .setNumWorkers(executors)
          .setRunFolder("run")
          .fit(spark.read().parquet("images.parquet"))
          .write()
          .save("model");
    }
  }
}

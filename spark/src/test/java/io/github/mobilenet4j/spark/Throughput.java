package io.github.mobilenet4j.spark;

import java.nio.file.Files;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Measures how many images of a folder {@code local[2]} classifies a second with the bundled model,
 * each run after one that warms up, to compare with {@code classify --json} of the same folder.
 */
final class Throughput {
  private Throughput() {}

  static void main(String[] arguments) throws Exception {
    try (SparkSession spark =
        LocalSpark.builder("local[2]", Files.createTempDirectory("warehouse")).getOrCreate()) {
      Dataset<Row> images = spark.read().format("binaryFile").load(arguments[0]).repartition(8);
      Dataset<Row> labels =
          new MobileNetTransformer().transform(images).select("path", "predictedLabel", "error");
      for (int run = 0; run < 4; run++) {
        long start = System.nanoTime();
        long count = labels.filter("predictedLabel IS NOT NULL").collectAsList().size();
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.println(
            String.format(Locale.ROOT, "%d images, %.1f images/s", count, count / seconds));
      }
    }
  }
}

package io.github.mobilenet4j.spark;

import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** Spark for the tests: within their JVM, on two threads. */
final class LocalSpark {
  private LocalSpark() {}

  static SparkSession session(Path warehouse) {
    return builder("local[2]", warehouse).getOrCreate();
  }

  static SparkSession.Builder builder(String master, Path warehouse) {
    return SparkSession.builder()
        .master(master)
        .appName("mobilenet4j")
        .config("spark.ui.enabled", false)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.warehouse.dir", warehouse.toAbsolutePath().toUri().toString())
        .config("spark.sql.shuffle.partitions", 2);
  }
}

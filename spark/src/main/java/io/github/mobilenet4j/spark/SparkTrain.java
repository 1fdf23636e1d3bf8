package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The application {@code mobilenet4j-spark-train}, for {@code spark-submit}. */
@Command(
    name = "mobilenet4j-spark-train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Trains a classifier of images on a Spark cluster.")
public final class SparkTrain implements Callable<Integer> {
  private final MobileNetClassifier stage = new MobileNetClassifier();

  @Parameters(
      index = "0",
      paramLabel = "IMAGES",
      description = "URI of a folder with a folder of images for each class, or of Parquet.")
  private String images;

  @Parameters(
      index = "1",
      paramLabel = "RUN",
      description = "URI of the folder for checkpoints, metrics, report and models.")
  private String run;

  @Option(
      names = "--parquet",
      description = "IMAGES are Parquet, with columns content (binary) and label.")
  private boolean parquet;

  @Option(names = "--label", paramLabel = "COLUMN", description = "Column of the labels: label.")
  private String label = "label";

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Tasks that train together; default as many as there is room for.")
  private int workers;

  @Option(
      names = "--shards",
      paramLabel = "S",
      description = "Parts of a step, 4 by default; the result depends on them.")
  private int shards = 4;

  @Option(names = "--shard-size", paramLabel = "N", description = "Images of a shard: 32.")
  private int shardSize = 32;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the images: 30.")
  private int epochs = 30;

  @Option(
      names = "--from",
      paramLabel = "MODEL",
      description = "URI of the weights to begin with; without it, from scratch.")
  private String from = "";

  @Option(
      names = "--validation",
      paramLabel = "PART",
      description = "Part of the images to choose the best model by: 0.1.")
  private double validation = 0.1;

  @Option(
      names = "--options",
      paramLabel = "JSON",
      description =
          "Other options of the training, as config.json names them: '{\"learningRate\": 0.1}'.")
  private String options = "{}";

  @Option(names = "--resume", description = "Goes on with the training in RUN, if there is one.")
  private boolean resume;

  private SparkTrain() {}

  /** Runs the application, and ends the JVM with 0, or 1 if the training failed. */
  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new SparkTrain());
    command.setExecutionExceptionHandler((e, line, _) -> {
      Throwable cause = e;
      while (cause.getCause() != null && !(cause instanceof MobileNetException)) {
        cause = cause.getCause();
      }
      line.getErr().println("mobilenet4j-spark-train: " + cause.getMessage());
      return 1;
    });
    int code = command.execute(arguments);
    if (code != 0) {
      System.exit(code);
    }
  }

  @Override
  public Integer call() throws Exception {
    try (SparkSession spark =
        SparkSession.builder().appName("mobilenet4j-spark-train").getOrCreate()) {
      stage
          .setLabelCol(label)
          .setNumWorkers(workers)
          .setShards(shards)
          .setShardSize(shardSize)
          .setEpochs(epochs)
          .setModelFile(from)
          .setValidationFraction(validation)
          .setTrainingOptions(options)
          .setRunFolder(run)
          .setResume(resume)
          .fit(dataset(spark));
    }
    return 0;
  }

  private Dataset<Row> dataset(SparkSession spark) {
    if (parquet) {
      return spark.read().parquet(images);
    }
    return spark
        .read()
        .format("binaryFile")
        .option("recursiveFileLookup", true)
        .load(images)
        .withColumn(label, functions.element_at(functions.split(functions.col("path"), "/"), -2));
  }
}

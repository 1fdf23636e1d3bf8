package io.github.mobilenet4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.Trainer;
import io.github.mobilenet4j.training.run.TrainingOptions;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MobileNetClassifierTest {
  private static final int COUNT = 200;
  private static final String OPTIONS =
      "{\"widthMultiplier\": 0.25, \"height\": 32, \"width\": 32, \"learningRate\": 0.05}";

  private static SparkSession spark;
  private static List<Row> images;
  private static Model alone;

  @TempDir private Path temporary;

  @BeforeAll
  static void start(@TempDir Path folder) {
    spark = LocalSpark.session(folder);
    images = new ArrayList<>();
    for (Row row : RandomImages.tinted(COUNT)) {
      images.add(row);
    }
    images.add(RowFactory.create(new byte[] {1, 2, 3}, "red")); // no image
    alone = alone(folder.resolve("alone"));
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  static MobileNetClassifier stage() {
    return new MobileNetClassifier()
        .setShards(4)
        .setShardSize(8)
        .setEpochs(2)
        .setTrainingOptions(OPTIONS);
  }

  /** What the library makes of the same images in one process. */
  private static Model alone(Path folder) {
    List<String> classes = List.of("blue", "green", "red");
    List<Row> sorted =
        images.stream()
            .sorted(
                java.util.Comparator.comparing(
                    row -> ImageKey.of(row.getAs(0), classes.indexOf(row.getString(1)))))
            .toList();
    ImageReader reader = new ImageReader();
    io.github.mobilenet4j.data.Dataset dataset =
        io.github.mobilenet4j.data.Dataset.of(
            classes,
            sorted.stream().map(row -> ImageKey.of(row.getAs(0), 0).name()).toList(),
            sorted.stream().mapToInt(row -> classes.indexOf(row.getString(1))).toArray(),
            i -> reader.read("image", sorted.get(i).<byte[]>getAs(0)));
    TrainingOptions options =
        TrainingOptions.fromScratch()
            .batch(32)
            .shards(4)
            .epochs(2)
            .widthMultiplier(0.25)
            .resolution(32)
            .learningRate(0.05)
            .build();
    return Trainer.of(Splits.of(dataset, Splits.Fractions.DEFAULT), options, new RunFolder(folder))
        .train()
        .model();
  }

  private static void assertSameWeights(Model found, Model expected) {
    for (Parameter p : expected.network().parameters()) {
      assertThat(found.weights().get(p)).as(p.name()).isEqualTo(expected.weights().get(p));
    }
  }

  private static Dataset<Row> dataset(int partitions) {
    return spark.createDataFrame(images, RandomImages.LABELLED).repartition(partitions);
  }

  @Test
  void trains_to_the_same_bits_on_any_number_of_workers() {
    for (int workers : new int[] {1, 2}) {
      MobileNetModel model =
          stage()
              .setNumWorkers(workers)
              .setRunFolder(temporary.resolve("run" + workers).toString())
              .fit(dataset(3 - workers).orderBy(functions.rand(workers)));
      assertSameWeights(model.model(), alone);
      assertThat(model.model().labels().names()).containsExactly("blue", "green", "red");
    }
    assertThat(temporary.resolve("run2"))
        .isDirectoryContaining("glob:**report.html")
        .isDirectoryContaining("glob:**metrics.csv")
        .isDirectoryContaining("glob:**checkpoint.safetensors")
        .isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void begins_again_after_an_executor_is_killed(@TempDir Path folder) throws Exception {
    dataset(2).write().parquet(folder.resolve("images.parquet").toString());
    Process driver = Cluster.start(TrainingDriver.class, folder, "2");
    try {
      Path checkpoint = folder.resolve("run/checkpoint.safetensors");
      while (driver.isAlive() && !Files.exists(checkpoint)) {
        Thread.sleep(20);
      }
      driver
          .descendants() // executors
          .filter(p -> p.info().command().orElse("").endsWith("java"))
          .findAny()
          .orElseThrow()
          .destroyForcibly();
      assertThat(driver.waitFor(4, java.util.concurrent.TimeUnit.MINUTES)).isTrue();
      assertThat(driver.exitValue())
          .as("%s", Files.readString(folder.resolve("driver.log")))
          .isZero();
    } finally {
      driver.destroyForcibly();
    }
    assertSameWeights(ModelFile.read(folder.resolve("model/model.safetensors")), alone);
  }

  @Test
  void learns_from_indexed_labels_and_is_evaluated() {
    Dataset<Row> indexed =
        new StringIndexer()
            .setInputCol("label")
            .setOutputCol("index")
            .fit(dataset(2))
            .transform(dataset(2));
    MobileNetModel model = stage().setLabelCol("index").setEpochs(15).fit(indexed);
    assertThat(model.model().labels().names()).containsExactlyInAnyOrder("red", "green", "blue");
    double accuracy =
        new MulticlassClassificationEvaluator()
            .setLabelCol("index")
            .setMetricName("accuracy")
            .evaluate(model.setHandleInvalid("skip").transform(indexed));
    assertThat(accuracy).isGreaterThan(0.8);
  }

  @Test
  void begins_with_a_model_and_is_saved() throws Exception {
    Path file = temporary.resolve("from.safetensors");
    ModelFile.write(file, alone);
    MobileNetClassifier stage =
        new MobileNetClassifier()
            .setShards(2)
            .setShardSize(8)
            .setEpochs(1)
            .setModelFile(file.toString());
    stage.write().save(temporary.resolve("stage").toString());
    MobileNetClassifier loaded = MobileNetClassifier.load(temporary.resolve("stage").toString());
    assertThat(loaded.getShards()).isEqualTo(2);
    assertSameWeights(loaded.fit(dataset(1)).model(), stage.fit(dataset(2)).model());
  }

  @Test
  void refuses_what_does_not_fit() {
    assertThatThrownBy(() -> stage().setLabelCol("class").fit(dataset(1)))
        .hasMessage("no column class for the labels, the data set has content, label");
    assertThatThrownBy(() -> stage().setNumWorkers(5).fit(dataset(1)))
        .hasMessageContaining("at most the 4 shards");
    assertThatThrownBy(() -> stage().setTrainingOptions("{\"epochs\": 3}").fit(dataset(1)))
        .hasMessageContaining("which the stage has a parameter for");
    assertThatThrownBy(() -> stage().setTrainingOptions("{\"rate\": 3}").fit(dataset(1)))
        .hasMessageContaining("trainingOptions has rate");
    Dataset<Row> half =
        dataset(1).withColumn("half", functions.lit(0.5).cast(DataTypes.DoubleType));
    assertThatThrownBy(() -> stage().setLabelCol("half").fit(half))
        .rootCause()
        .hasMessageContaining("expected whole numbers");
  }
}

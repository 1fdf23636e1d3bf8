package io.github.mobilenet4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.IndexToString;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MobileNetTransformerTest {
  private static final int COUNT = 5000;

  /** Every hundredth. */
  private static final int BROKEN = 100;

  private static SparkSession spark;
  private static List<Row> images;

  /** What the library says of each, by path. */
  private static final Map<String, float[]> LOGITS = new HashMap<>();

  private static final Map<String, float[]> FEATURES = new HashMap<>();

  @BeforeAll
  static void start(@TempDir Path folder) {
    spark = LocalSpark.session(folder);
    images = RandomImages.rows(COUNT, BROKEN);
    ImageReader reader = new ImageReader();
    try (Classifier classifier = Classifier.of(RandomImages.model(), 1)) {
      for (int i = 0; i < COUNT; i++) {
        if (i % BROKEN != 0) {
          Row row = images.get(i);
          RgbImage image = reader.read(row.getString(0), row.<byte[]>getAs(1));
          LOGITS.put(row.getString(0), classifier.logits(image));
          FEATURES.put(row.getString(0), classifier.embedding(image));
        }
      }
    }
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static MobileNetTransformer stage() {
    return MobileNetTransformer.of(RandomImages.model());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void says_what_the_classifier_says_to_the_bit(int partitions) {
    Dataset<Row> dataset =
        RandomImages.dataset(spark, images, partitions).orderBy(functions.rand(partitions));
    List<Row> rows = stage().setTopKCol("top").setTopK(2).transform(dataset).collectAsList();

    assertThat(rows).hasSize(COUNT);
    for (Row row : rows) {
      String path = row.getAs("path");
      float[] logits = LOGITS.get(path);
      String error = row.getAs("error");
      if (logits == null) {
        assertThat(error).startsWith(path + ": ");
        assertThat(row.<Object>getAs("prediction")).isNull();
        assertThat(row.<Object>getAs("features")).isNull();
        assertThat(row.<Object>getAs("top")).isNull();
      } else {
        assertThat(error).isNull();
        assertThat(floats(row.getAs("rawPrediction"))).isEqualTo(logits);
        assertThat(floats(row.getAs("features"))).isEqualTo(FEATURES.get(path));
        assertThat(row.<scala.collection.Seq<Row>>getAs("top").length()).isEqualTo(2);
      }
    }
    assertThat(rows.stream().filter(row -> row.getAs("error") != null)).hasSize(COUNT / BROKEN);
  }

  private static float[] floats(Vector vector) {
    float[] values = new float[vector.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) vector.apply(i);
    }
    return values;
  }

  @Test
  void leaves_out_what_it_cannot_read_or_fails_as_asked() {
    Dataset<Row> dataset = RandomImages.dataset(spark, images.subList(0, 250), 2);
    assertThat(stage().setHandleInvalid("skip").transform(dataset).count()).isEqualTo(247);
    assertThatThrownBy(() -> stage().setHandleInvalid("error").transform(dataset).collect())
        .rootCause()
        .hasMessageContaining("handleInvalid");
  }

  @Test
  void names_classes_and_works_with_evaluators() {
    Dataset<Row> labelled =
        stage()
            .setHandleInvalid("skip")
            .transform(RandomImages.dataset(spark, images.subList(0, 50), 1))
            .withColumn("label", functions.col("prediction"));
    Dataset<Row> named =
        new IndexToString().setInputCol("prediction").setOutputCol("name").transform(labelled);
    assertThat(named.filter("name = predictedLabel").count()).isEqualTo(49);
    assertThat(new MulticlassClassificationEvaluator().setMetricName("accuracy").evaluate(labelled))
        .isEqualTo(1);
  }

  @Test
  void works_in_a_pipeline_that_is_loaded_in_other_jvms(@TempDir Path folder) throws Exception {
    Dataset<Row> dataset = RandomImages.dataset(spark, images.subList(1, 60), 2);
    Dataset<Row> labelled =
        dataset.withColumn(
            "label", functions.length(functions.col("path")).minus(6).cast("double"));
    MobileNetTransformer embedding =
        stage().setPredictionCol("").setProbabilityCol("").setRawPredictionCol("");
    PipelineModel pipeline =
        new Pipeline()
            .setStages(new PipelineStage[] {embedding, new LogisticRegression().setMaxIter(5)})
            .fit(labelled);
    pipeline.write().save(folder.resolve("pipeline").toString());
    labelled.write().parquet(folder.resolve("images.parquet").toString());

    Cluster.run(PipelineDriver.class, folder);

    assertThat(
            spark.read().parquet(folder.resolve("predictions.parquet").toString()).collectAsList())
        .hasSize(59)
        .containsExactlyInAnyOrderElementsOf(
            pipeline.transform(labelled).select("path", "probability").collectAsList());
  }

  @Test
  void reads_the_struct_of_the_image_source(@TempDir Path folder) throws Exception {
    for (int i = 1; i < 6; i++) {
      Files.write(folder.resolve("image" + i + ".png"), images.get(i).<byte[]>getAs(1));
    }
    Files.writeString(folder.resolve("no-image.png"), "no image");
    Dataset<Row> source = spark.read().format("image").load(folder.toString());
    List<Row> rows = stage().setInputCol("image").transform(source).collectAsList();
    assertThat(rows).hasSize(6);
    for (Row row : rows) {
      String origin = row.getStruct(0).getString(0);
      String name = origin.substring(origin.lastIndexOf('/') + 1).replace(".png", "");
      if (name.equals("no-image")) {
        assertThat(row.<String>getAs("error")).contains("expected 1, 3 or 4 channels");
      } else {
        assertThat(floats(row.getAs("rawPrediction"))).isEqualTo(LOGITS.get(name));
      }
    }
  }

  @Test
  void is_saved_with_its_model_and_loaded(@TempDir Path folder) {
    String path = folder.resolve("stage").toString();
    MobileNetTransformer saved = stage().setHandleInvalid("skip").setTopK(3);
    try {
      saved.write().overwrite().save(path);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    MobileNetTransformer loaded = MobileNetTransformer.load(path);
    assertThat(loaded.uid()).isEqualTo(saved.uid());
    assertThat(loaded.getTopK()).isEqualTo(3);
    assertThat(loaded.getHandleInvalid()).isEqualTo("skip");
    Model model = ModelFile.read(Path.of(path, "model.safetensors"));
    assertThat(model.labels()).isEqualTo(RandomImages.model().labels());
    List<Row> rows =
        loaded.transform(RandomImages.dataset(spark, images.subList(1, 9), 1)).collectAsList();
    assertThat(rows).hasSize(8);
    assertThat(rows)
        .allSatisfy(row ->
            assertThat(floats(row.getAs("rawPrediction")))
                .isEqualTo(LOGITS.get(row.<String>getAs("path"))));
  }

  @Test
  void reads_a_model_file_or_takes_the_bundled_one(@TempDir Path folder) {
    Path file = folder.resolve("a model.safetensors");
    ModelFile.write(file, RandomImages.model());
    for (String uri : List.of(file.toString(), "file:" + file)) {
      assertThat(new MobileNetTransformer().setModelFile(uri).model().labels().names())
          .containsExactly("ant", "bee", "cat", "dog");
    }
    assertThat(new MobileNetTransformer().model().network().classes()).isEqualTo(202);
    assertThatThrownBy(() -> new MobileNetTransformer().setModelFile(folder + "/none").model())
        .hasMessageContaining("none");
  }

  @Test
  void refuses_what_does_not_fit() {
    Dataset<Row> dataset = RandomImages.dataset(spark, images.subList(0, 2), 1);
    assertThatThrownBy(() -> stage().setInputCol("image").transform(dataset))
        .hasMessage("no column image for the images, the data set has path, content");
    assertThatThrownBy(() -> stage().setInputCol("path").transform(dataset))
        .hasMessageContaining("column path is string");
    assertThatThrownBy(() -> stage().setErrorCol("path").transform(dataset))
        .hasMessageContaining("a column path is there already");
    assertThatThrownBy(() -> stage().setHandleInvalid("ignore"))
        .hasMessageContaining("handleInvalid");
    assertThatThrownBy(() -> stage().setPrecision("int8").transform(dataset))
        .hasMessageContaining("int8");
  }

  @Test
  void is_a_function_of_sql() {
    RandomImages.dataset(spark, images.subList(0, 3), 1).createOrReplaceTempView("images");
    MobileNetFunctions.register(spark, "mobilenet", RandomImages.model());
    List<Row> rows =
        spark
            .sql(
                "SELECT path, m.label, m.probability, m.error FROM"
                    + " (SELECT path, mobilenet(content) AS m FROM images) ORDER BY path")
            .collectAsList();
    assertThat(rows.get(0).getString(3)).isNotNull();
    try (Classifier classifier = Classifier.of(RandomImages.model(), 1)) {
      Prediction best = classifier.classify(images.get(1).<byte[]>getAs(1), 1).getFirst();
      assertThat(rows.get(1).getString(1)).isEqualTo(best.label());
      assertThat(rows.get(1).getFloat(2)).isEqualTo(best.probability());
      assertThat(rows.get(1).isNullAt(3)).isTrue();
    }
  }
}

package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.spark.TrainingTask.Trained;
import io.github.mobilenet4j.training.run.TrainingOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.attribute.Attribute;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.util.SerializableConfiguration;
import scala.Function1;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;

/** A training on the workers of a cluster, as the driver sees it. */
final class DistributedTraining {
  /** Where things are, and how many do it. */
  record Settings(
      String imageColumn,
      String labelColumn,
      int workers,
      double validation,
      String runFolder,
      boolean resume) {}

  private final Dataset<?> dataset;
  private final Settings settings;
  private final SparkContext context;

  DistributedTraining(Dataset<?> dataset, Settings settings) {
    this.dataset = dataset;
    this.settings = settings;
    context = dataset.sparkSession().sparkContext();
  }

  /** A function of Scala's that can be sent. */
  private interface Sendable<A, B> extends Function1<A, B>, Serializable {}

  /**
   * Trains, and returns the file of the best model.
   *
   * @param weights the model file to begin with, empty for none
   */
  byte[] run(TrainingOptions options, byte[] weights) {
    SerializableConfiguration hadoop = new SerializableConfiguration(context.hadoopConfiguration());
    String runFolder = RemoteFolder.qualified(settings.runFolder, hadoop.value());
    if (!settings.resume && RemoteFolder.exists(runFolder, hadoop.value())) {
      throw new MobileNetException(
          runFolder + " has a training already: set resume, or choose another folder");
    }
    List<String> classes = classes();
    JavaPairRDD<ImageKey, byte[]> images = images(classes);
    ImageKey[] keys = images.keys().collect().toArray(ImageKey[]::new);
    Arrays.sort(keys);
    JavaSparkContext sender = JavaSparkContext.fromSparkContext(context);
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    TrainingPlan plan =
        new TrainingPlan(
            settings.workers,
            classes,
            sender.broadcast(keys),
            sender.broadcast(weights),
            io.github.mobilenet4j.files.Json.text(options.toJson()),
            settings.validation,
            runFolder,
            secret,
            hadoop);
    TrainingTask task = new TrainingTask(plan);
    RDD<Tuple2<ImageKey, byte[]>> parts =
        images.repartitionAndSortWithinPartitions(new ImageKey.Parts(settings.workers)).rdd();
    // Barriers have no Java interface.
    Sendable<
            scala.collection.Iterator<Tuple2<ImageKey, byte[]>>, scala.collection.Iterator<Trained>>
        run = part -> CollectionConverters.asScala(task.run(CollectionConverters.asJava(part)));
    ClassTag<Trained> type = ClassTag.apply(Trained.class);
    try {
      RDD<Trained> trained = parts.barrier().mapPartitions(run, false, type);
      // A shuffle comes after it: Spark begins no other stage with a barrier again.
      return JavaRDD.fromRDD(trained, type).coalesce(1, true).collect().getFirst().model();
    } finally {
      plan.images().destroy();
      plan.weights().destroy();
    }
  }

  private StructField labelField() {
    return dataset.schema()
        .fields()[Arrays.asList(dataset.schema().fieldNames()).indexOf(settings.labelColumn)];
  }

  /**
   * Returns the classes: of a column of text the texts in their order; of numbers, which count them
   * from 0, those that the column's metadata names, or the numbers.
   */
  private List<String> classes() {
    if (!Arrays.asList(dataset.schema().fieldNames()).contains(settings.labelColumn)) {
      throw new MobileNetException(
          "no column %s for the labels, the data set has %s"
              .formatted(settings.labelColumn, String.join(", ", dataset.schema().fieldNames())));
    }
    StructField field = labelField();
    if (field.dataType() instanceof StringType) {
      List<String> classes = new ArrayList<>();
      for (Row row : dataset.select(settings.labelColumn).distinct().collectAsList()) {
        if (row.isNullAt(0)) {
          throw new MobileNetException("column %s has null".formatted(settings.labelColumn));
        }
        classes.add(row.getString(0));
      }
      classes.sort(null);
      return classes;
    }
    if (!(field.dataType() instanceof NumericType)) {
      throw new MobileNetException(
          "column %s is %s, expected text or numbers from 0"
              .formatted(settings.labelColumn, field.dataType().catalogString()));
    }
    Attribute attribute = Attribute.fromStructField(field);
    if (attribute instanceof NominalAttribute nominal && nominal.values().isDefined()) {
      return List.of(nominal.values().get());
    }
    Object last = dataset.toDF().agg(functions.max(settings.labelColumn)).first().get(0);
    if (last == null) {
      throw new MobileNetException("the data set is empty");
    }
    return IntStream.rangeClosed(0, ((Number) last).intValue())
        .mapToObj(Integer::toString)
        .toList();
  }

  private JavaPairRDD<ImageKey, byte[]> images(List<String> classes) {
    boolean named = labelField().dataType() instanceof StringType;
    Dataset<Row> rows =
        dataset
            .toDF()
            .select(
                functions.col(settings.imageColumn),
                named
                    ? functions.col(settings.labelColumn)
                    : functions.col(settings.labelColumn).cast(DataTypes.DoubleType));
    InputImage.Column column = InputImage.Column.of(rows.schema(), settings.imageColumn);
    String name = settings.labelColumn;
    return rows.javaRDD()
        .mapToPair(row -> {
          byte[] content = encoded(column.of(row));
          return new Tuple2<>(ImageKey.of(content, label(row, name, named, classes)), content);
        });
  }

  private static int label(Row row, String column, boolean named, List<String> classes) {
    if (row.isNullAt(1)) {
      throw new MobileNetException("column %s has null".formatted(column));
    }
    if (named) {
      return classes.indexOf(row.getString(1));
    }
    double label = row.getDouble(1);
    if (label != (int) label || label < 0 || label >= classes.size()) {
      throw new MobileNetException(
          "column %s has %s, expected whole numbers from 0 to %s"
              .formatted(column, label, classes.size() - 1));
    }
    return (int) label;
  }

  private static byte[] encoded(InputImage image) {
    return switch (image) {
      case InputImage.Encoded encoded -> encoded.content();
      case InputImage.Missing _ -> new byte[0]; // Nobody can read it, and it is left out.
      case InputImage.Struct struct -> {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
          ImageIO.write(struct.read(null).toBufferedImage(), "png", out);
          yield out.toByteArray();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        } catch (io.github.mobilenet4j.ImageException _) {
          yield new byte[0];
        }
      }
    };
  }
}

package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Small images of noise, and a small network to see them. */
final class RandomImages {
  static final StructType SCHEMA =
      new StructType().add("path", DataTypes.StringType).add("content", DataTypes.BinaryType);

  static final StructType LABELLED =
      new StructType().add("content", DataTypes.BinaryType).add("label", DataTypes.StringType);

  private RandomImages() {}

  static Model model() {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).input(32, 32).classes(4).build();
    return new Model(
        network,
        RandomWeights.of(network, 7),
        Preprocessing.TENSORFLOW,
        new Labels(List.of("ant", "bee", "cat", "dog")),
        Map.of());
  }

  /** Returns a PNG; the same for the same number. */
  static byte[] png(int number) {
    return png(number, 0);
  }

  /** Returns images that are more blue, green or red, and what they are. */
  static List<Row> tinted(int count) {
    List<String> names = List.of("blue", "green", "red");
    return IntStream.range(0, count)
        .mapToObj(i -> RowFactory.create(png(i, 0x80 << 8 * (i % 3)), names.get(i % 3)))
        .toList();
  }

  private static byte[] png(int number, int tint) {
    SplittableRandom random = new SplittableRandom(number);
    BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_3BYTE_BGR);
    for (int pixel = 0; pixel < 64; pixel++) {
      image.setRGB(pixel % 8, pixel / 8, random.nextInt() | tint);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * Returns images as the source binaryFile gives them.
   *
   * @param broken every so manyth is cut short; 0 for none
   */
  static List<Row> rows(int count, int broken) {
    return IntStream.range(0, count)
        .mapToObj(i -> {
          byte[] png = png(i);
          boolean cut = broken > 0 && i % broken == 0;
          return RowFactory.create(
              "image" + i, cut ? java.util.Arrays.copyOf(png, png.length / 2) : png);
        })
        .toList();
  }

  static Dataset<Row> dataset(SparkSession spark, List<Row> rows, int partitions) {
    return spark.createDataFrame(rows, SCHEMA).repartition(partitions);
  }
}

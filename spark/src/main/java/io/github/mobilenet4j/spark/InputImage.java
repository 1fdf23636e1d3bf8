package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import java.util.Arrays;
import java.util.Optional;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** An image as a row has it: encoded, or as the struct of Spark's image source. */
sealed interface InputImage {
  /** A whole JPEG file or another that {@link ImageReader} reads. */
  @SuppressWarnings("ArrayRecordComponent")
  record Encoded(String name, byte[] content) implements InputImage {}

  /** Decoded: OpenCV's rows of grey, BGR or BGRA bytes. */
  record Struct(Row image) implements InputImage {}

  /** Nothing: null in the column. */
  record Missing(String name) implements InputImage {}

  /** Where rows have their images, and what they call them. */
  record Column(int index, boolean encoded, int path) implements java.io.Serializable {
    /**
     * @throws MobileNetException if there is no such column, or it is of another type
     */
    static Column of(StructType schema, String name) {
      int index = Arrays.asList(schema.fieldNames()).indexOf(name);
      if (index < 0) {
        throw new MobileNetException(
            "no column %s for the images, the data set has %s"
                .formatted(name, String.join(", ", schema.fieldNames())));
      }
      DataType type = schema.fields()[index].dataType();
      boolean encoded = type instanceof BinaryType;
      if (!encoded && !isImage(type)) {
        throw new MobileNetException(
            "column %s is %s, expected binary (encoded images) or the struct of the image source"
                .formatted(name, type.catalogString()));
      }
      Optional<StructField> path =
          Arrays.stream(schema.fields())
              .filter(field -> field.name().equals("path"))
              .filter(field -> field.dataType().catalogString().equals("string"))
              .findFirst();
      return new Column(
          index, encoded, path.map(Arrays.asList(schema.fields())::indexOf).orElse(-1));
    }

    private static boolean isImage(DataType type) {
      return type instanceof StructType struct
          && Arrays.equals(struct.fieldNames(), ImageSchema.columnSchema().fieldNames());
    }

    InputImage of(Row row) {
      String name = path < 0 || row.isNullAt(path) ? "the image" : row.getString(path);
      if (row.isNullAt(index)) {
        return new Missing(name);
      }
      return encoded ? new Encoded(name, row.getAs(index)) : new Struct(row.getStruct(index));
    }
  }

  /** Returns its size as it came, in bytes. */
  default long bytes() {
    return switch (this) {
      case Encoded encoded -> encoded.content.length;
      case Struct struct ->
          struct.image.isNullAt(DATA) ? 0 : struct.image.<byte[]>getAs(DATA).length;
      case Missing _ -> 0;
    };
  }

  int HEIGHT = 1;
  int WIDTH = 2;
  int CHANNELS = 3;
  int DATA = 5;

  /**
   * Returns the pixels.
   *
   * @throws ImageException if it cannot be read
   * @throws MobileNetException if the machine cannot read it now
   */
  default RgbImage read(ImageReader reader) {
    return switch (this) {
      case Encoded encoded -> reader.read(encoded.name, encoded.content);
      case Struct struct -> rgb(struct.image);
      case Missing missing -> throw new ImageException(missing.name + ": no image, it is null");
    };
  }

  private static RgbImage rgb(Row image) {
    String name = image.isNullAt(0) ? "the image" : image.getString(0);
    int height = image.getInt(HEIGHT);
    int width = image.getInt(WIDTH);
    int channels = image.getInt(CHANNELS);
    byte[] data = image.getAs(DATA);
    boolean known = channels == 1 || channels == 3 || channels == 4;
    if (!known
        || height < 1
        || width < 1
        || data == null
        || (long) height * width * channels != data.length) {
      throw new ImageException(
          "%s: %s×%s pixels of %s channels in %s bytes, expected 1, 3 or 4 channels of a byte"
              .formatted(name, width, height, channels, data == null ? 0 : data.length));
    }
    if ((long) height * width * 3 > Integer.MAX_VALUE - 8) {
      throw new ImageException("%s: %s×%s pixels, too many".formatted(name, width, height));
    }
    byte[] rgb = new byte[height * width * 3];
    for (int pixel = 0; pixel < height * width; pixel++) {
      for (int c = 0; c < 3; c++) {
        rgb[3 * pixel + c] = data[channels == 1 ? pixel : channels * pixel + 2 - c];
      }
    }
    return new RgbImage(height, width, rgb);
  }
}

package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** Models in the file systems of Hadoop's: local, HDFS, S3A and others. */
final class ModelStorage {
  /** Beside the folder of the parameters, so that other programs can take it from there. */
  private static final String FILE = "model.safetensors";

  private ModelStorage() {}

  /**
   * Reads any file that {@link Models} reads.
   *
   * @throws MobileNetException if it cannot be read
   */
  static Model read(String uri) {
    return read(new Path(uri), SparkSession.active().sparkContext().hadoopConfiguration());
  }

  private static Model read(Path path, Configuration configuration) {
    try {
      FileSystem files = path.getFileSystem(configuration);
      if (files instanceof LocalFileSystem local) {
        return Models.read(local.pathToFile(path).toPath()); // may be a folder
      }
      long length = files.getFileStatus(path).getLen();
      if (length > Integer.MAX_VALUE - 8) {
        throw new MobileNetException(
            "%s: %s bytes, expected less than 2 GiB".formatted(path, length));
      }
      byte[] content = new byte[(int) length];
      try (FSDataInputStream in = files.open(path)) {
        in.readFully(content);
      }
      return Models.read(path.toString(), content);
    } catch (IOException e) {
      throw new MobileNetException("cannot read %s: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** Saves a stage: Spark's metadata, and the model file beside. */
  static final class Writer<S extends Params> extends MLWriter {
    private final S stage;
    private final Function<S, ModelHandle> handle;

    Writer(S stage, Function<S, ModelHandle> handle) {
      this.stage = stage;
      this.handle = handle;
    }

    @Override
    public void saveImpl(String path) {
      DefaultParamsWriter.saveMetadata(stage, path, sparkSession());
      Path file = new Path(path, FILE);
      try (OutputStream out =
          file.getFileSystem(sparkSession().sparkContext().hadoopConfiguration())
              .create(file, true)) {
        out.write(handle.apply(stage).file());
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + file, e);
      }
    }
  }

  /** Loads what a {@link Writer} has saved. */
  static final class Reader<S extends Params> extends MLReader<S> {
    private final Class<S> type;
    private final BiFunction<String, ModelHandle, S> make;

    Reader(Class<S> type, BiFunction<String, ModelHandle, S> make) {
      this.type = type;
      this.make = make;
    }

    @Override
    public S load(String path) {
      DefaultParamsReader.Metadata metadata =
          DefaultParamsReader.loadMetadata(path, sparkSession(), type.getName());
      Model model =
          ModelStorage.read(
              new Path(path, FILE), sparkSession().sparkContext().hadoopConfiguration());
      S stage = make.apply(metadata.uid(), new ModelHandle(model));
      metadata.getAndSetParams(stage, Option.empty());
      return stage;
    }
  }
}

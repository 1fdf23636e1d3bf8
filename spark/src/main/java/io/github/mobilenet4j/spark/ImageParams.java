package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.inference.Precision;
import java.io.Serializable;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.param.Params;

/** The parameters that all stages have, of one of them: see {@link MobileNetParams}. */
public final class ImageParams implements Serializable {
  private static final long serialVersionUID = 1;

  /** What is done with an image that cannot be read. */
  enum Invalid {
    ERROR,
    SKIP,
    KEEP;

    static Invalid of(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }
  }

  final Param<String> inputCol;
  final EnumMap<OutputColumn, Param<String>> outputs = new EnumMap<>(OutputColumn.class);
  final Param<String> handleInvalid;
  final Param<String> precision;
  final IntParam topK;
  final IntParam batchSize;

  /** Makes the parameters of a stage, whose uid must be set, and sets their defaults. */
  ImageParams(Params stage) {
    inputCol =
        new Param<>(
            stage,
            "inputCol",
            "column of the images: encoded (JPEG, PNG, …) as binary, such as content of the"
                + " binaryFile source, or the struct of the image source");
    stage.setDefault(inputCol, "content");
    for (OutputColumn column : OutputColumn.values()) {
      Param<String> name = new Param<>(stage, column.param(), column.description());
      stage.setDefault(name, column.defaultName());
      outputs.put(column, name);
    }
    handleInvalid =
        oneOf(
            stage,
            "handleInvalid",
            "what is done with an image that cannot be read: keep (its row says why), skip (its row"
                + " is left out) or error (the job fails)",
            names(Invalid.values()));
    stage.setDefault(handleInvalid, "keep");
    precision =
        oneOf(
            stage,
            "precision",
            "what the network computes in: float32, bfloat16 or int8; empty, the default, for what"
                + " its weights are made for",
            Stream.concat(Stream.of(""), Arrays.stream(names(Precision.values())))
                .toArray(String[]::new));
    stage.setDefault(precision, "");
    topK =
        new IntParam(stage, "topK", "how many classes topKCol lists, ≥ 1", ParamValidators.gtEq(1));
    stage.setDefault(topK, 5);
    batchSize =
        new IntParam(
            stage, "batchSize", "images that a task runs at once, ≥ 1", ParamValidators.gtEq(1));
    stage.setDefault(batchSize, 16);
  }

  private static String[] names(Enum<?>[] values) {
    return Arrays.stream(values)
        .map(value -> value.name().toLowerCase(Locale.ROOT))
        .toArray(String[]::new);
  }

  private static Param<String> oneOf(
      Params stage, String name, String description, String... allowed) {
    return new Param<>(stage, name, description, ParamValidators.inArray(allowed));
  }
}

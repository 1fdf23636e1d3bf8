package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Resolution;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** A network: that of a model file, or one described by its sizes. */
final class NetworkOptions {
  @ArgGroup(multiplicity = "0..1")
  private Kind kind = new Kind();

  @Option(
      names = "--resolution",
      paramLabel = "R",
      description =
          "Input rows and columns: 160, or 97x131 if not square. Default: 224, or the model's.")
  private Resolution resolution;

  private static final class Kind {
    /** Null where no model was named. */
    @ArgGroup(exclusive = false)
    private Origin origin;

    @ArgGroup(exclusive = false)
    private Sizes sizes = new Sizes();
  }

  private static final class Origin {
    @Option(
        names = "--model",
        paramLabel = "FILE",
        required = true,
        description = "The network of this model.")
    private ModelSource source;

    @Option(names = "--dialect", paramLabel = "NAMES", description = ModelOption.DIALECT)
    private Dialect dialect;

    @Option(names = "--entry", paramLabel = "NAME", description = ModelOption.ENTRY)
    private String entry;
  }

  private static final class Sizes {
    @Option(
        names = "--width",
        paramLabel = "A",
        defaultValue = "1",
        description = "Width multiplier α, > 0. Default: ${DEFAULT-VALUE}.")
    private double width = 1;

    @Option(
        names = "--classes",
        paramLabel = "N",
        defaultValue = "1000",
        converter = AtLeastOne.class,
        description = "Number of classes. Default: ${DEFAULT-VALUE}.")
    private int classes = 1000;

    @Option(
        names = "--channels",
        paramLabel = "N",
        defaultValue = "3",
        description = "Input channels: 3, or 1 for grey images. Default: ${DEFAULT-VALUE}.")
    private int channels = 3;

    @Option(
        names = "--stem-stride",
        paramLabel = "S",
        defaultValue = "2",
        description =
            "Stride of the first convolution: 2, or 1 for images of 32x32. Default: "
                + "${DEFAULT-VALUE}.")
    private int stemStride = 2;
  }

  /**
   * Reads the model, if one was named, as a network for images of the resolution.
   *
   * @throws ParameterException if there is no such network
   */
  Optional<Model> model(CommandLine command) {
    return Optional.ofNullable(kind.origin)
        .map(o -> o.source.read(o.dialect, o.entry))
        .map(m ->
            new Model(
                resized(m.network().toBuilder(), command),
                m.weights(),
                m.preprocessing(),
                m.labels(),
                m.metadata()));
  }

  /**
   * Returns the network that the sizes describe.
   *
   * @throws ParameterException if there is no such network
   */
  MobileNetV1 network(CommandLine command) {
    return resized(
        MobileNetV1.builder()
            .widthMultiplier(kind.sizes.width)
            .channels(kind.sizes.channels)
            .stemStride(kind.sizes.stemStride)
            .classes(kind.sizes.classes),
        command);
  }

  private MobileNetV1 resized(MobileNetV1.Builder network, CommandLine command) {
    try {
      return resolution == null
          ? network.build()
          : network.input(resolution.height(), resolution.width()).build();
    } catch (MobileNetException e) {
      throw new ParameterException(command, e.getMessage(), e);
    }
  }
}

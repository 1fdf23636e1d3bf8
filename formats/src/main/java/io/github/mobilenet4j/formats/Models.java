package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.files.FileKind;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.formats.huggingface.HubConfig;
import io.github.mobilenet4j.formats.huggingface.SafetensorsFormat;
import io.github.mobilenet4j.formats.keras.KerasFormat;
import io.github.mobilenet4j.formats.onnx.OnnxFormat;
import io.github.mobilenet4j.formats.reading.ModelFormat;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.formats.tensorflow.TensorFlowFormat;
import io.github.mobilenet4j.formats.tfjs.TfjsFormat;
import io.github.mobilenet4j.formats.tflite.TfliteFormat;
import io.github.mobilenet4j.formats.torch.TorchFormat;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads a model from a file of any known format. */
public final class Models {
  private static final List<ModelFormat> FORMATS =
      List.of(
          new SafetensorsFormat(),
          new TfliteFormat(),
          new TorchFormat(),
          new KerasFormat(),
          new OnnxFormat(),
          new TensorFlowFormat(),
          new TfjsFormat());

  private static final List<String> ENDINGS =
      List.of(".safetensors", ".pth", ".pt", ".bin", ".onnx", ".tflite", ".keras", ".h5", ".pb");

  private static final int MOST_CANDIDATES = 5;

  private Models() {}

  /**
   * Returns the model in a file. Its content decides the format, not its name, and the names of its
   * tensors decide the dialect. A {@code config.json} and {@code preprocessor_config.json} beside
   * it that belong to a MobileNet V1 give labels and preprocessing.
   *
   * <p>Of a folder, it is a SavedModel that is read.
   *
   * <p>Where nothing names the classes and there are 1,000 of them, or 1,001, they are taken for
   * ImageNet's, without or with a background class; the metadata {@link Model#LABELS} then says so.
   * Any other number of them stays {@linkplain Labels#numbered numbered}.
   *
   * @param limits what it may ask for
   * @throws MobileNetException if it cannot be read, is of no known format or broken, asks for more
   *     than the limits allow, or holds something else than a MobileNet V1
   */
  public static Model read(Path path, ReadLimits limits) {
    return read(path, Selection.DEFAULT, limits);
  }

  /** As {@link #read(Path, ReadLimits)}, within {@link ReadLimits#standard}. */
  public static Model read(Path path) {
    return read(path, ReadLimits.standard());
  }

  /**
   * Returns the model in a file whose tensors have the names of a dialect, even if others fit too.
   *
   * @param limits what it may ask for
   * @throws MobileNetException as {@link #read(Path, ReadLimits)}, and if the file describes itself
   */
  public static Model read(Path path, Dialect dialect, ReadLimits limits) {
    return read(path, Selection.DEFAULT.withDialect(dialect), limits);
  }

  /** As {@link #read(Path, Dialect, ReadLimits)}, within {@link ReadLimits#standard}. */
  public static Model read(Path path, Dialect dialect) {
    return read(path, dialect, ReadLimits.standard());
  }

  /**
   * Returns what is selected of a file.
   *
   * @param limits what it may ask for
   * @throws MobileNetException as {@link #read(Path, ReadLimits)}, if the file describes itself and
   *     a dialect is given, or it has no such entry
   */
  public static Model read(Path path, Selection selection, ReadLimits limits) {
    return Reading.of(
        path,
        () -> {
          Path graph = path.resolve("saved_model.pb");
          Path file = Files.exists(graph) ? graph : path;
          expectFile(file);
          return read(Source.of(file), selection, limits);
        });
  }

  /**
   * Returns the model in the content of a file, as {@link #read(Path)} does: one that comes from a
   * jar or a database, for example. It has to be of a format that is one file: what others have
   * beside it (the values of a large ONNX file, {@code config.json}, TensorFlow.js) is not there.
   *
   * @param name where it comes from, for messages, such as {@code pets.onnx}; like a file's, its
   *     ending helps where the content is no help
   * @param content the whole file; not modified, and not to be while it is read
   * @throws MobileNetException as {@link #read(Path, ReadLimits)}, and if values are in another
   *     file
   */
  public static Model read(String name, byte[] content) {
    return read(name, content, Selection.DEFAULT, ReadLimits.standard());
  }

  /**
   * Returns what is selected of the content of a file.
   *
   * @param limits what it may ask for
   * @throws MobileNetException as {@link #read(String, byte[])}, and as {@link #read(Path,
   *     Selection, ReadLimits)}
   */
  public static Model read(String name, byte[] content, Selection selection, ReadLimits limits) {
    return Reading.of(name, () -> read(Source.of(name, content), selection, limits));
  }

  private static Model read(Source source, Selection selection, ReadLimits limits) {
    Model model = labelled(unlabelled(source, selection, limits));
    try {
      return model.within(limits);
    } catch (MobileNetException e) {
      throw e.in(source.name());
    }
  }

  private static Model unlabelled(Source source, Selection selection, ReadLimits limits) {
    ModelFormat format = format(source);
    return switch (format.read(source, limits)) {
      case ModelFormat.Whole whole when selection.equals(Selection.DEFAULT) ->
          configured(source, whole);
      case ModelFormat.Whole _ ->
          throw new MobileNetException(
              "%s: %s is for tensors that come by name, this file describes itself (%s)"
                  .formatted(source.name(), selection, format.title()));
      case ModelFormat.Named named -> {
        Model model =
            Entries.of(source.name(), named.entries(), selection).withMetadata(named.metadata());
        Model padded = named.padding().map(model::withPadding).orElse(model);
        yield source.path().map(path -> HubConfig.apply(path, padded)).orElse(padded);
      }
    };
  }

  private static Model configured(Source source, ModelFormat.Whole whole) {
    try {
      return whole.config().map(c -> HubConfig.apply(c, whole.model())).orElse(whole.model());
    } catch (MobileNetException e) {
      throw e.in(source.name());
    }
  }

  private static Model labelled(Model model) {
    if (!model.labels().areNumbered()) {
      return model;
    }
    return Stream.of(Labels.imagenet(), Labels.imagenetWithBackground())
        .filter(labels -> labels.names().size() == model.network().classes())
        .findFirst()
        .map(labels ->
            model
                .withLabels(labels)
                .withMetadata(Map.of(Model.LABELS, "assumed to be ImageNet's, the file has none")))
        .orElse(model);
  }

  private static void expectFile(Path path) {
    if (Files.isDirectory(path)) {
      throw new MobileNetException(
          "%s: is a folder, expected a file of weights%s".formatted(path, candidates(path)));
    }
  }

  private static ModelFormat format(Source source) {
    return FORMATS.stream()
        .filter(format -> format.recognises(source))
        .findFirst()
        .orElseThrow(() ->
            new MobileNetException(
                "%s: %s"
                    .formatted(
                        source.name(),
                        FileKind.of(source.first())
                            .map(FileKind::says)
                            .orElseGet(
                                () -> "is none of the formats that are read: " + titles()))));
  }

  private static String titles() {
    return FORMATS.stream().map(ModelFormat::title).collect(Collectors.joining(", "));
  }

  /** Returns the files in a folder that may have been meant, for a message. */
  private static String candidates(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      String names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> ENDINGS.stream().anyMatch(name::endsWith))
              .sorted()
              .limit(MOST_CANDIDATES)
              .collect(Collectors.joining(", "));
      return names.isEmpty() ? "" : ", such as in it: " + names;
    } catch (IOException _) {
      return "";
    }
  }
}

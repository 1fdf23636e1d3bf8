package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.files.FolderLock;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.files.RecordJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a training leaves behind, in one folder.
 *
 * <table>
 * <caption>Files</caption>
 * <tr><td>{@code model.safetensors}<td>the best model: the most validation images classified correctly
 * <tr><td>{@code model-int8.safetensors}<td>the best model in integers of 8 bits, if it learned to be
 * <tr><td>{@code last.safetensors}<td>the model after the last complete epoch
 * <tr><td>{@code checkpoint.safetensors}<td>what is needed to go on
 * <tr><td>{@code config.json}<td>what is needed to repeat the training
 * <tr><td>{@code metrics.csv}<td>a row an epoch: {@link EpochMetrics}
 * <tr><td>{@code events.out.tfevents.*}<td>the same curves and more for TensorBoard
 * <tr><td>{@code report.html}<td>the same for people
 * </table>
 *
 * <p>One training at a time works in a folder; nothing but these files is ever removed from it.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
  private static final String SOURCES = "sources";
  private static final String OPTIONS = "options";

  /** Returns the file of the best model. */
  public Path model() {
    return path.resolve("model.safetensors");
  }

  /** Returns the file of the best model in integers of 8 bits. */
  public Path quantized() {
    return path.resolve("model-int8.safetensors");
  }

  /** Returns the file of the model after the last complete epoch. */
  public Path last() {
    return path.resolve("last.safetensors");
  }

  /** Returns the file to go on from. */
  public Path checkpoint() {
    return path.resolve("checkpoint.safetensors");
  }

  /** Returns the file to repeat the training by. */
  public Path config() {
    return path.resolve("config.json");
  }

  /** Returns the table of epochs. */
  public Path metrics() {
    return path.resolve("metrics.csv");
  }

  /** Returns the page for people. */
  public Path report() {
    return path.resolve("report.html");
  }

  /** Returns whether a training was begun here. */
  public boolean exists() {
    return Files.exists(config());
  }

  /**
   * Makes the folder, keeps other trainings out of it, and removes what a killed process had not
   * finished writing.
   *
   * @param resume whether there may be a training already
   * @throws MobileNetException if there is one and may not be, another one is under way, or the
   *     folder cannot be written
   */
  FolderLock open(boolean resume) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    }
    FolderLock lock =
        FolderLock.tryLock(path)
            .orElseThrow(() ->
                new MobileNetException(path + ": another training is under way in this folder"));
    try {
      if (exists() && !resume) {
        throw new MobileNetException(
            path + " has a training already: resume it, or choose another folder");
      }
      removeUnfinished();
    } catch (RuntimeException | Error e) {
      lock.close();
      throw e;
    }
    return lock;
  }

  private void removeUnfinished() {
    try (Stream<Path> files = Files.list(path)) {
      for (Path file :
          files.filter(Files::isRegularFile).filter(AtomicFile::isUnfinished).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw MobileNetException.cannot("write", path, e);
    }
  }

  /**
   * Begins a training: writes {@code config.json}, and removes the checkpoint of a training whose
   * {@code config.json} is gone, from which this one must never go on.
   *
   * @param metadata where things come from, such as the path of the data, by name
   */
  void begin(TrainingOptions options, TrainingSources sources, Map<String, String> metadata) {
    try {
      Files.deleteIfExists(checkpoint());
    } catch (IOException e) {
      throw MobileNetException.cannot("write", checkpoint(), e);
    }
    Map<String, Object> config = new LinkedHashMap<>(metadata);
    config.put(SOURCES, RecordJson.of(sources));
    config.put(OPTIONS, options.toJson());
    AtomicFile.writeText(config(), Json.lines(config));
  }

  /**
   * Checks that the training that was begun here would go on with the same options.
   *
   * @throws MobileNetException naming an option that differs, or if {@code config.json} cannot be
   *     read
   */
  public void requireBegunWith(TrainingOptions options) {
    Map<String, Object> present = options.toJson();
    options()
        .toJson()
        .forEach((name, value) -> {
          if (!value.equals(present.get(name))) {
            throw new MobileNetException(
                "%s goes on as it was begun: %s is %s there, not %s"
                    .formatted(path, name, value, present.get(name)));
          }
        });
  }

  /** The same for what it learns from. */
  void requireBegunWith(TrainingSources sources) {
    List<String> differences = sources.differencesFrom(sources());
    if (!differences.isEmpty()) {
      throw new MobileNetException(
          "%s goes on with what it was begun with; different now: %s"
              .formatted(path, String.join("; ", differences)));
    }
  }

  /** Reads what the training that was begun here learns from. */
  TrainingSources sources() {
    Object sources = readConfig().get(SOURCES);
    if (sources instanceof Map<?, ?> known) {
      Map<Object, Object> all = new LinkedHashMap<>(TrainingSources.ADDED);
      all.putAll(known);
      sources = all;
    }
    return RecordJson.read(config() + ": " + SOURCES, TrainingSources.class, sources);
  }

  /**
   * Reads the options of the training that was begun here.
   *
   * @throws MobileNetException if {@code config.json} cannot be read, or naming what is wrong in it
   */
  public TrainingOptions options() {
    return TrainingOptions.fromJson(config() + ": " + OPTIONS, readConfig().get(OPTIONS));
  }

  /**
   * Returns metadata that the training was begun with, null if there is none of this name.
   *
   * @throws MobileNetException if {@code config.json} cannot be read
   */
  public @Nullable String metadata(String name) {
    return readConfig().get(name) instanceof String metadata ? metadata : null;
  }

  private Map<?, ?> readConfig() {
    return Reading.of(
        config(),
        () -> {
          String name = config().toString();
          try {
            if (Json.parse(name, Files.readString(config())) instanceof Map<?, ?> map) {
              return map;
            }
          } catch (IOException e) {
            throw MobileNetException.cannot("read", config(), e);
          }
          throw new MobileNetException(name + " is no JSON object");
        });
  }

  /** Writes {@code metrics.csv}. */
  void writeMetrics(List<EpochMetrics> epochs) {
    StringBuilder text = new StringBuilder(EpochMetrics.CSV_HEADER).append('\n');
    epochs.forEach(epoch -> text.append(epoch.csvRow()).append('\n'));
    AtomicFile.writeText(metrics(), text.toString());
  }

  /**
   * Reads a row for each epoch that is done; some may be repeated by who goes on.
   *
   * @throws MobileNetException if they cannot be read
   */
  public List<EpochMetrics> epochs() {
    return Files.exists(metrics()) ? readMetrics(Integer.MAX_VALUE) : List.of();
  }

  /** Reads the first rows of {@code metrics.csv}; those after them are of a time to be repeated. */
  List<EpochMetrics> readMetrics(int count) {
    try (Stream<String> lines = Files.lines(metrics())) {
      return lines.skip(1).limit(count).map(EpochMetrics::ofCsv).toList();
    } catch (IOException e) {
      throw MobileNetException.cannot("read", metrics(), e);
    } catch (RuntimeException e) {
      throw new MobileNetException(metrics() + " has a row that is none of a training's", e);
    }
  }
}

package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.StepMetrics;
import io.github.mobilenet4j.training.run.Trainer;
import io.github.mobilenet4j.training.run.TrainingListener;
import io.github.mobilenet4j.training.run.TrainingOptions;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.TaskContext;
import scala.Tuple2;

/** What a worker does in a barrier stage: the whole training, with its part of each step. */
record TrainingTask(TrainingPlan plan) implements Serializable {
  private static final long serialVersionUID = 1;

  /**
   * A model file. For plain bytes Spark would take Kryo, which needs flags of the JVM's that only
   * its own launcher gives.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Trained(byte[] model) implements Serializable {}

  /**
   * Trains.
   *
   * @param images the worker's part, in the order of their keys
   * @return of the first worker the file of the best model, of the others nothing
   */
  Iterator<Trained> run(Iterator<Tuple2<ImageKey, byte[]>> images) {
    BarrierTaskContext task = BarrierTaskContext.get();
    Path folder = temporaryFolder();
    try (ImageStore store = ImageStore.write(folder.resolve("images"), new Contents(images));
        WorkerExchange workers =
            new WorkerExchange(
                task.partitionId(), plan.workers(), options().shards(), plan.secret(), store)) {
      String host = task.getTaskInfos()[task.partitionId()].address().replaceFirst(":\\d+$", "");
      workers.connect(
          Arrays.stream(task.allGather(host + ":" + workers.port()))
              .map(TrainingTask::address)
              .toList());
      Trainer trainer = trainer(task, folder.resolve("run"), store, workers);
      byte[] model = train(trainer, task, folder.resolve("run"));
      task.barrier(); // The others may still need images.
      return model == null ? Collections.emptyIterator() : List.of(new Trained(model)).iterator();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(folder);
    }
  }

  /** The bytes of labelled images. */
  private record Contents(Iterator<Tuple2<ImageKey, byte[]>> images) implements Iterator<byte[]> {
    @Override
    public boolean hasNext() {
      return images.hasNext();
    }

    @Override
    public byte[] next() {
      return images.next()._2;
    }
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    return InetSocketAddress.createUnresolved(
        text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  private TrainingOptions options() {
    return TrainingOptions.fromJson("options", Json.parse("options", plan.options()));
  }

  private Trainer trainer(TaskContext task, Path run, ImageStore store, WorkerExchange workers) {
    Splits splits =
        Splits.of(dataset(task, store, workers), new Splits.Fractions(plan.validation(), 0, 0));
    Trainer trainer =
        Trainer.of(splits, options(), new RunFolder(run))
            .threads(task.cpus())
            .exchange(workers)
            .metadata("workers", Integer.toString(plan.workers()))
            .resume();
    byte[] weights = plan.weights().value();
    return weights.length == 0 ? trainer : trainer.from(ModelFile.read("the weights", weights));
  }

  private Dataset dataset(TaskContext task, ImageStore store, WorkerExchange workers) {
    ImageKey[] keys = plan.images().value();
    int[] first = new int[plan.workers() + 1];
    for (ImageKey key : keys) {
      first[key.part(plan.workers()) + 1]++;
    }
    Arrays.parallelPrefix(first, Integer::sum);
    int rank = task.partitionId();
    if (first[rank + 1] - first[rank] != store.size()) {
      throw new MobileNetException(
          "%s images came to this worker, expected %s: the data set gives others when it is read"
                  .formatted(store.size(), first[rank + 1] - first[rank])
              + " again");
    }
    ImageReader reader = new ImageReader();
    IntFunction<RgbImage> image =
        i -> {
          int owner = keys[i].part(plan.workers());
          int number = i - first[owner];
          byte[] bytes = owner == rank ? store.read(number) : workers.image(owner, number);
          return reader.read(keys[i].name(), bytes);
        };
    return Dataset.of(
        plan.classes(),
        Arrays.stream(keys).map(ImageKey::name).toList(),
        Arrays.stream(keys).mapToInt(ImageKey::label).toArray(),
        image);
  }

  /** Trains in a copy of the run folder, which the first worker keeps up to date. */
  private byte[] train(Trainer trainer, TaskContext task, Path run) throws IOException {
    RemoteFolder remote = new RemoteFolder(plan.runFolder(), run, plan.hadoop().value());
    remote.download();
    boolean first = task.partitionId() == 0;
    trainer.listener(
        new TrainingListener() {
          @Override
          public void step(StepMetrics step) {
            if (task.isInterrupted()) { // The others end with this one, whose connections end.
              throw new MobileNetException("the task was told to end");
            }
          }

          @Override
          public void saved(long steps) {
            if (first) {
              remote.upload();
            }
          }
        });
    trainer.train();
    if (!first) {
      return null;
    }
    remote.upload();
    return Files.readAllBytes(new RunFolder(run).model());
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("mobilenet4j-training");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

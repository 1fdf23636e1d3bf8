package io.github.mobilenet4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.TrainingParameter;
import io.github.mobilenet4j.training.run.ShardExchange.Wire;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardsTest {
  private static final Splits IMAGES = ColourfulImages.splits(70, 12);

  @TempDir private Path temporary;

  private static TrainingOptions options(int shards) {
    return options(shards, Wire.FLOAT32);
  }

  private static TrainingOptions options(int shards, Wire wire) {
    return TrainingOptions.fromScratch()
        .widthMultiplier(0.25)
        .resolution(32)
        .batch(12 / shards * shards)
        .shards(shards)
        .shardGradients(wire)
        .epochs(2)
        .build();
  }

  private Trainer trainer(String name, TrainingOptions options, Splits images) {
    return Trainer.of(images, options, new RunFolder(temporary.resolve(name))).threads(1);
  }

  private static void assertSameWeights(Model found, Model expected) {
    for (Parameter p : expected.network().parameters()) {
      assertThat(found.weights().get(p)).as(p.name()).isEqualTo(expected.weights().get(p));
    }
  }

  /** Processes that are threads: each has the shards of its number. */
  private static final class Processes {
    private final int[] owners;
    private final List<ShardExchange.Block> posted = new ArrayList<>();
    private final CyclicBarrier barrier;

    Processes(int count, int shards) {
      owners = IntStream.range(0, shards).map(shard -> shard * count / shards).toArray();
      barrier = new CyclicBarrier(count);
    }

    ShardExchange process(int number) {
      return new ShardExchange() {
        @Override
        public boolean isOwn(int shard) {
          return owners[shard] == number;
        }

        @Override
        public void sum(int from, int to, List<Block> blocks, float[] sums, Wire wire) {
          await();
          if (number == 0) {
            posted.clear();
          }
          await();
          synchronized (posted) {
            posted.addAll(blocks);
          }
          await();
          List<Block> copies;
          synchronized (posted) {
            copies =
                posted.stream()
                    .map(b -> new Block(b.first(), b.size(), b.values().clone()))
                    .sorted(Comparator.comparingInt(Block::first))
                    .toList();
          }
          await();
          Block.fold(copies, from, to, sums, from);
          wire.round(sums, from, to);
        }
      };
    }

    private void await() {
      try {
        barrier.await();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }

  private List<Model> train(int processes, TrainingOptions options, Splits images)
      throws Exception {
    int shards = options.shards();
    Processes all = new Processes(processes, shards);
    List<Model> models = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(processes)) {
      List<Future<Model>> results = new ArrayList<>();
      for (int p = 0; p < processes; p++) {
        Trainer trainer =
            trainer(shards + "shards" + processes + "-" + p, options, images)
                .exchange(all.process(p));
        results.add(threads.submit(() -> trainer.train().model()));
      }
      for (Future<Model> result : results) {
        models.add(result.get());
      }
    }
    return models;
  }

  @ParameterizedTest
  @CsvSource({
    "1, 4, FLOAT32",
    "2, 4, FLOAT32",
    "3, 4, FLOAT32",
    "4, 4, FLOAT32",
    "2, 3, FLOAT32",
    "3, 6, FLOAT32",
    "2, 4, BFLOAT16",
    "3, 4, BFLOAT16"
  })
  void doNotDependOnWhoComputesThem(int processes, int shards, Wire wire) throws Exception {
    TrainingOptions options = options(shards, wire);
    Model alone = trainer("alone" + shards, options, IMAGES).train().model();
    for (Model model : train(processes, options, IMAGES)) {
      assertSameWeights(model, alone);
    }
  }

  @Test
  void mayHaveNoImageThatCanBeRead() throws Exception {
    Dataset train = IMAGES.train();
    boolean[] unreadable = new boolean[train.size()];
    Arrays.fill(unreadable, 0, 50, true);
    Dataset broken =
        Dataset.of(
            train.classes(),
            IntStream.range(0, train.size()).mapToObj(train::name).toList(),
            IntStream.range(0, train.size()).map(train::label).toArray(),
            i -> {
              if (unreadable[i]) {
                throw new ImageException("unreadable");
              }
              return train.image(i);
            });
    Splits images = new Splits(broken, IMAGES.validation(), IMAGES.test());
    Model alone = trainer("alone", options(4), images).train().model();
    assertSameWeights(train(2, options(4), images).getLast(), alone);
  }

  @Test
  void areResumedToTheSameBits() {
    Model whole = trainer("whole", options(4), IMAGES).train().model();
    Trainer stopped = trainer("stopped", options(4), IMAGES);
    stopped.listener(
        new TrainingListener() {
          @Override
          public void step(StepMetrics step) {
            if (step.batch() == 3) {
              stopped.stop();
            }
          }
        });
    stopped.train();
    Model resumed = trainer("stopped", options(4), IMAGES).resume().train().model();
    assertSameWeights(resumed, whole);
  }

  @Test
  void areTheMeanOfTheirGradientsAndStatistics() {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(3).build();
    Weights.Trained weights = RandomWeights.of(network, 1);
    int[] sizes = {3, 2, 4};
    SplittableRandom random = new SplittableRandom(5);
    float[][] x = new float[3][];
    float[][] targets = new float[3][];
    for (int s = 0; s < 3; s++) {
      x[s] = new float[4 * 32 * 32 * 3];
      targets[s] = new float[4 * 3];
      for (int i = 0; i < x[s].length; i++) {
        x[s][i] = (float) random.nextDouble(-1, 1);
      }
      for (int i = 0; i < 4; i++) {
        targets[s][3 * i + random.nextInt(3)] = 1;
      }
    }
    double[][] expected = null;
    float[] logits = new float[12];
    double loss = 0;
    for (int s = 0; s < 3; s++) {
      try (TrainingGraph graph = new TrainingGraph(network, weights, 4, 1, 0, 0.1)) {
        loss += sizes[s] * graph.step(x[s], targets[s], sizes[s], 0, logits) / 9.0;
        float[][] found = values(graph);
        expected = expected == null ? new double[found.length][] : expected;
        for (int p = 0; p < found.length; p++) {
          expected[p] = expected[p] == null ? new double[found[p].length] : expected[p];
          for (int i = 0; i < found[p].length; i++) {
            expected[p][i] += sizes[s] * found[p][i] / 9.0;
          }
        }
      }
    }
    try (TrainingGraph graph = new TrainingGraph(network, weights, 4, 1, 0, 0.1);
        ShardSum sum = new ShardSum(graph, 3, ShardExchange.ALONE, Wire.FLOAT32)) {
      sum.begin();
      for (int s = 0; s < 3; s++) {
        int index = s;
        sum.beginShard();
        float of =
            graph.step(
                x[s],
                targets[s],
                Optional.empty(),
                sizes[s],
                0,
                logits,
                p -> sum.written(index, sizes[index], p));
        sum.add(s, new ShardSum.Totals(sizes[s], s, of));
      }
      ShardSum.Totals totals = sum.finish();
      assertThat(totals.images()).isEqualTo(9);
      assertThat(totals.correct()).isEqualTo(3);
      assertThat(totals.loss()).isCloseTo((float) loss, within(1e-6f));
      float[][] found = values(graph);
      for (int p = 0; p < found.length; p++) {
        double largest = Arrays.stream(expected[p]).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < found[p].length; i++) {
          assertThat((double) found[p][i])
              .isCloseTo(expected[p][i], within(1e-6 * largest + 1e-12));
        }
      }
    }
  }

  private static float[][] values(TrainingGraph graph) {
    List<float[]> values = new ArrayList<>();
    graph.parameters().forEach(p -> values.add(p.gradient()));
    graph.statistics().forEach((TrainingParameter p) -> values.add(p.values()));
    return values.toArray(float[][]::new);
  }

  @Test
  void areRefusedWhereTheyDoNotFit() {
    TrainingOptions.Builder options = TrainingOptions.fromScratch().batch(32);
    assertThatThrownBy(() -> options.shards(5).build())
        .hasMessageContaining("batch is 32 and shards is 5");
    assertThatThrownBy(() -> options.shards(32).build()).hasMessageContaining("2 images or more");
    assertThatThrownBy(() -> options.shards(4).quantize(true).build())
        .hasMessageContaining("expected 1 with quantize");
    assertThatThrownBy(() ->
            trainer("few", options.shards(4).batch(128).quantize(false).build(), IMAGES).train())
        .hasMessageContaining("expected at least the 128 of a step of 4 shards");
  }
}

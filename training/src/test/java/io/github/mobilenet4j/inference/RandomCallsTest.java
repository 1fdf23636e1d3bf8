package io.github.mobilenet4j.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Logits;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of public calls on shared objects, from four threads at once: whatever is
 * opened, run, traced, closed, forgotten and interrupted in whatever order, nothing crashes or
 * hangs, only the documented exceptions come, and each answer that does come is right to the bit.
 *
 * <p>{@code -Dcalls.count} is the number of sequences, {@code -Dcalls.actions} the calls of each
 * thread in one, {@code -Dcalls.first} the seed of the first sequence.
 */
class RandomCallsTest {
  private static final int THREADS = 4;
  private static final long MOST_SECONDS = 300;

  /** Most objects of a kind at once, so that threads meet at the same ones. */
  private static final int MOST = 5;

  private static final int BATCH = 3;
  private static final int SEEDS = 4;

  /** A network, weights, and what it answers to some images. */
  private static final class Case {
    final MobileNetV1 network;
    final Weights.Trained weights;
    final Model model;
    final List<RgbImage> images;
    final float[][] x = new float[SEEDS][];
    final float[][] logits = new float[SEEDS][];
    final float[][] features = new float[SEEDS][];
    final List<Map<Layer, float[]>> outputs = new ArrayList<>();

    Case(double alpha, int height, int width, int classes) {
      network =
          MobileNetV1.builder()
              .widthMultiplier(alpha)
              .input(height, width)
              .classes(classes)
              .build();
      weights = RandomWeights.of(network, 1);
      model =
          new Model(network, weights, Preprocessing.TENSORFLOW, Labels.numbered(classes), Map.of());
      images =
          IntStream.range(0, SEEDS)
              .mapToObj(seed -> {
                byte[] rgb = new byte[50 * 70 * 3];
                new SplittableRandom(seed).nextBytes(rgb);
                return new RgbImage(50, 70, rgb);
              })
              .toList();
      try (Session session = Session.of(network, weights, 1, 1)) {
        for (int i = 0; i < SEEDS; i++) {
          x[i] = new float[Math.toIntExact(network.input().size())];
          model.preprocessing().apply(images.get(i), height, width, x[i], 0);
          logits[i] = new float[classes];
          features[i] = new float[network.features()];
          session.run(x[i], 1, logits[i]);
          session.features(1, features[i]);
          Map<Layer, float[]> all = new HashMap<>();
          session.trace(x[i], all::put);
          outputs.add(all);
        }
      }
    }
  }

  private static final List<Case> CASES =
      List.of(new Case(0.3, 65, 47, 21), new Case(0.25, 32, 32, 5));

  /** Thrown by traces, to see that it comes through. */
  private static final class FromTrace extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Objects that the threads of a sequence share. */
  private static final class Shared<T extends AutoCloseable> {
    private final List<T> all = new ArrayList<>();

    /** Adds one; of too many, another is forgotten, closed or not, and returned. */
    synchronized T add(T object, SplittableRandom random) {
      if (all.size() < MOST) {
        all.add(object);
        return null;
      }
      return all.set(random.nextInt(MOST), object);
    }

    synchronized T any(SplittableRandom random) {
      return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }

    synchronized void closeAll() throws Exception {
      for (T object : all) {
        object.close();
      }
      all.clear();
    }
  }

  /** A plan is never closed. */
  private record Plan(InferencePlan plan) implements AutoCloseable {
    @Override
    public void close() {}
  }

  /** What the threads of one sequence do. */
  private static final class Sequence {
    final Shared<Plan> plans = new Shared<>();
    final Shared<Session> sessions = new Shared<>();
    final Shared<Classifier> classifiers = new Shared<>();
    final Shared<TrainingGraph> graphs = new Shared<>();
    final List<Thread> threads = new ArrayList<>();
    final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();

    void actions(SplittableRandom random, int count) {
      for (int i = 0; i < count && faults.isEmpty(); i++) {
        int kind = random.nextInt(100);
        try {
          action(kind, random);
        } catch (MobileNetException | FromTrace e) {
          // documented
        } catch (Throwable e) {
          faults.add(new AssertionError("action " + kind, e));
        }
      }
    }

    private void action(int kind, SplittableRandom random) throws Exception {
      Case c = CASES.get(random.nextInt(CASES.size()));
      int threads = random.nextInt(1, 4);
      int batch = random.nextInt(1, BATCH + 1);
      if (kind < 4) {
        plans.add(new Plan(InferencePlan.compile(c.network, c.weights)), random);
      } else if (kind < 10) {
        Plan plan = plans.any(random);
        if (plan != null) {
          open(new Session(plan.plan(), batch, threads), random);
        }
      } else if (kind < 14) {
        open(Session.of(c.network, c.weights, batch, threads), random);
      } else if (kind < 18) {
        Session session = sessions.any(random);
        if (session != null) {
          open(new Session(session.plan(), batch, threads), random);
        }
      } else if (kind < 20) {
        Classifier.Builder builder = Classifier.builder(c.model).threads(threads).batch(batch);
        if (random.nextBoolean()) {
          builder.maxWait(Duration.ofMillis(random.nextInt(3)));
        }
        classifiers.add(builder.build(), random);
      } else if (kind < 23) {
        Classifier classifier = classifiers.any(random);
        if (classifier != null) {
          open(new Session(classifier.plan(), batch, threads), random);
        }
      } else if (kind < 50) {
        run(sessions.any(random), random);
      } else if (kind < 58) {
        trace(sessions.any(random), random);
      } else if (kind < 76) {
        classify(classifiers.any(random), random);
      } else if (kind < 82) {
        close(sessions.any(random));
      } else if (kind < 84) {
        close(classifiers.any(random));
      } else if (kind < 87) {
        wrong(sessions.any(random), c, random);
      } else if (kind < 89) {
        this.threads.get(random.nextInt(THREADS)).interrupt();
      } else if (kind < 90) {
        Thread.interrupted();
      } else if (kind < 91 && random.nextInt(5) == 0) {
        System.gc();
      } else if (kind < 93) {
        // Unlike a session, a graph that nobody closes keeps its threads.
        close(
            graphs.add(
                new TrainingGraph(c.network, c.weights, 2, threads, random.nextInt(3), 0.1),
                random));
      } else if (kind < 98) {
        train(graphs.any(random), random);
      } else if (kind < 99) {
        close(graphs.any(random));
      }
    }

    private void open(Session session, SplittableRandom random) {
      sessions.add(session, random);
    }

    private static void close(AutoCloseable object) throws Exception {
      if (object != null) {
        object.close();
      }
    }

    private static Case of(MobileNetV1 network) {
      return CASES.stream().filter(c -> c.network.equals(network)).findFirst().orElseThrow();
    }

    private static void run(Session session, SplittableRandom random) {
      if (session == null) {
        return;
      }
      Case c = of(session.plan().network());
      int n = random.nextInt(1, session.batch() + 1);
      int[] seeds = random.ints(n, 0, SEEDS).toArray();
      float[] x = new float[n * c.x[0].length];
      for (int i = 0; i < n; i++) {
        System.arraycopy(c.x[seeds[i]], 0, x, i * c.x[0].length, c.x[0].length);
      }
      int classes = c.network.classes();
      float[] logits = new float[n * classes];
      switch (random.nextInt(4)) {
        case 0 -> session.profile(x, n, logits, new long[session.plan().operators().size()]);
        case 1 -> {
          float[] features = new float[n * c.network.features()];
          Layer any = c.network.layers().get(random.nextInt(c.network.layers().size() - 2));
          float[] values = new float[n * Math.toIntExact(any.out().size())];
          session.run(
              x,
              n,
              Map.of(c.network.classifier(), logits, c.network.pool(), features, any, values));
          for (int i = 0; i < n; i++) {
            int size = c.network.features();
            assertThat(Arrays.copyOfRange(features, i * size, (i + 1) * size))
                .isEqualTo(c.features[seeds[i]]);
            assertThat(
                    Arrays.copyOfRange(values, i * values.length / n, (i + 1) * values.length / n))
                .isEqualTo(c.outputs.get(seeds[i]).get(any));
          }
        }
        default -> session.run(x, n, logits);
      }
      for (int i = 0; i < n; i++) {
        assertThat(Arrays.copyOfRange(logits, i * classes, (i + 1) * classes))
            .isEqualTo(c.logits[seeds[i]]);
      }
      if (random.nextInt(8) == 0) {
        session.features(1, new float[c.network.features()]);
      }
    }

    private void trace(Session session, SplittableRandom random) {
      if (session == null) {
        return;
      }
      Case c = of(session.plan().network());
      int seed = random.nextInt(SEEDS);
      int at = random.nextInt(c.network.layers().size());
      int what = random.nextInt(8);
      float[][] last = new float[1][];
      int[] layers = {0};
      session.trace(
          c.x[seed],
          (_, values) -> {
            last[0] = values;
            if (layers[0]++ == at) {
              within(session, what, random);
            }
          });
      assertThat(layers[0]).isEqualTo(c.network.layers().size());
      assertThat(last[0]).isEqualTo(c.logits[seed]);
    }

    private void within(Session session, int what, SplittableRandom random) {
      switch (what) {
        case 0 -> session.close();
        case 1 -> run(session, random);
        case 2 -> session.trace(of(session.plan().network()).x[0], (_, _) -> {});
        case 3 -> throw new FromTrace();
        case 4 -> open(new Session(session.plan(), 1, 2), random);
        case 5 -> {
          Session other = sessions.any(random);
          if (other != null) {
            other.close();
          }
        }
        default -> {}
      }
    }

    private static void classify(Classifier classifier, SplittableRandom random) {
      if (classifier == null) {
        return;
      }
      Case c = of(classifier.model().network());
      int seed = random.nextInt(SEEDS);
      RgbImage image = c.images.get(seed);
      switch (random.nextInt(4)) {
        case 2 -> {
          List<RgbImage> images = c.images.subList(0, random.nextInt(SEEDS + 1));
          List<Predictions> all = classifier.classify(images, 1);
          for (int i = 0; i < images.size(); i++) {
            assertThat(all.get(i).getFirst().probability())
                .isEqualTo(largest(Logits.softmax(c.logits[i])));
          }
        }
        case 0 -> assertThat(classifier.logits(image)).isEqualTo(c.logits[seed]);
        case 1 -> assertThat(classifier.embedding(image)).isEqualTo(c.features[seed]);
        default ->
            assertThat(classifier.classify(image, 1).getFirst().probability())
                .isEqualTo(largest(Logits.softmax(c.logits[seed])));
      }
    }

    private static float largest(float[] values) {
      float largest = Float.NEGATIVE_INFINITY;
      for (float v : values) {
        largest = Math.max(largest, v);
      }
      return largest;
    }

    /** Calls that must be refused. */
    private static void wrong(Session session, Case c, SplittableRandom random) {
      if (session == null) {
        return;
      }
      float[] x = c.x[0];
      float[] logits = new float[100];
      int[] sizes = {-1, 0, session.batch() + 1, Integer.MAX_VALUE, Integer.MIN_VALUE};
      int size = sizes[random.nextInt(sizes.length)];
      Layer stem = session.plan().network().stem();
      Runnable call =
          switch (random.nextInt(9)) {
            case 0 -> () -> session.run(x, size, logits);
            case 1 -> () -> session.run(new float[1], 1, logits);
            case 2 -> () -> session.run(new float[BATCH * 65 * 47 * 3], 1, new float[1]);
            case 3 -> () -> session.features(size, logits);
            case 4 -> () -> session.trace(new float[2], (_, _) -> {});
            case 5 -> () -> session.run(x, size, Map.of());
            case 6 -> () -> session.run(new float[BATCH * 65 * 47 * 3], 1, Map.of(stem, logits));
            case 7 -> () -> new Session(session.plan(), 1, random.nextInt(1025, 50_000));
            default -> () -> InferencePlan.compile(CASES.get(0).network, CASES.get(1).weights);
          };
      try {
        call.run();
      } catch (MobileNetException e) {
        return;
      }
      throw new AssertionError("a wrong call was not refused");
    }

    private static void train(TrainingGraph graph, SplittableRandom random) {
      if (graph == null) {
        return;
      }
      Case c = of(graph.network());
      int classes = c.network.classes();
      float[] targets = new float[classes];
      targets[random.nextInt(classes)] = 1;
      float loss = graph.step(c.x[random.nextInt(SEEDS)], targets, 1, 1, new float[classes]);
      assertThat(loss).isFinite();
      if (random.nextInt(4) == 0) {
        graph.weights();
      }
    }
  }

  @Test
  void nothingCrashesHangsOrAnswersWrongly() throws Exception {
    int sequences = Integer.getInteger("calls.count", 10);
    int actions = Integer.getInteger("calls.actions", 60);
    long first = Long.getLong("calls.first", 1);
    for (long seed = first; seed < first + sequences; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Sequence sequence = new Sequence();
      for (int t = 0; t < THREADS; t++) {
        SplittableRandom own = random.split();
        Thread.Builder builder = t % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
        sequence.threads.add(
            builder.name("caller " + t).unstarted(() -> sequence.actions(own, actions)));
      }
      sequence.threads.forEach(Thread::start);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
      for (Thread thread : sequence.threads) {
        if (!thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())))) {
          fail("sequence %s hangs: %s", seed, Arrays.toString(thread.getStackTrace()));
        }
      }
      assertThat(sequence.faults).as("sequence %s", seed).isEmpty();
      sequence.sessions.closeAll();
      sequence.classifiers.closeAll();
      sequence.graphs.closeAll();
    }
    assertThat(helpersLeft()).as("threads of forgotten sessions").isZero();
  }

  /** Waits for the garbage collector to find the sessions that were forgotten without closing. */
  private static long helpersLeft() throws InterruptedException {
    long left = Long.MAX_VALUE;
    for (int i = 0; i < 100 && left > 0; i++) {
      System.gc();
      Thread.sleep(100);
      left =
          Thread.getAllStackTraces().keySet().stream()
              .filter(t -> t.getName().startsWith("mobilenet4j-"))
              .count();
    }
    return left;
  }
}

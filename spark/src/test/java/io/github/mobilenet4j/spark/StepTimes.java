package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.ShardExchange;
import io.github.mobilenet4j.training.run.StepMetrics;
import io.github.mobilenet4j.training.run.Trainer;
import io.github.mobilenet4j.training.run.TrainingListener;
import io.github.mobilenet4j.training.run.TrainingOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Measures the steps of a training of two workers with a slow network between them: the exchange
 * alone, the computation alone, and both. The workers are processes, each on a processor of its
 * own; the network is a relay between their sockets, which delays and spaces out what goes through
 * it.
 *
 * <pre>{@code
 * StepTimes 1000 1 1.0 224 FLOAT32     # Mbit/s (0: none), milliseconds each way, α, resolution, type
 * }</pre>
 */
final class StepTimes {
  private static final int STEPS = 24;

  /** What a worker is told first. */
  private static final String WORKER = "worker";

  private static final byte[] SECRET = new byte[32];

  private StepTimes() {}

  static void main(String[] arguments) throws Exception {
    if (arguments[0].equals(WORKER)) {
      worker(arguments);
    } else {
      network(arguments);
    }
  }

  /** Starts the workers and lies between them. */
  private static void network(String[] arguments) throws Exception {
    try (ServerSocket relay = new ServerSocket(0)) {
      List<Process> workers = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        List<String> command = new ArrayList<>(List.of("taskset", "-c", Integer.toString(rank)));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(StepTimes.class.getName());
        command.addAll(List.of(WORKER, Integer.toString(rank)));
        command.add(Integer.toString(relay.getLocalPort()));
        command.addAll(List.of(arguments).subList(2, 5));
        workers.add(
            new ProcessBuilder(command)
                .redirectError(Redirect.DISCARD)
                .redirectOutput(rank == 0 ? Redirect.PIPE : Redirect.INHERIT)
                .start());
      }
      // The first worker says where it listens; the second connects to it through the relay.
      int port =
          Integer.parseInt(
              new BufferedReader(new InputStreamReader(workers.get(0).getInputStream()))
                  .readLine());
      Socket from = relay.accept();
      Socket to = new Socket("127.0.0.1", port);
      double rate = Double.parseDouble(arguments[0]) * 1e6 / 8;
      double delay = Double.parseDouble(arguments[1]);
      new Link(from, to, rate, delay).start();
      new Link(to, from, rate, delay).start();
      for (Process worker : workers) {
        worker.waitFor();
      }
      System.exit(0);
    }
  }

  /** One way through the network. */
  private record Link(Socket from, Socket to, double bytesPerSecond, double delayMillis) {
    private record Chunk(byte[] bytes, long due) {}

    void start() throws IOException {
      from.setTcpNoDelay(true);
      BlockingQueue<Chunk> way = new LinkedBlockingQueue<>();
      Thread.ofPlatform().daemon().start(() -> read(way));
      Thread.ofPlatform().daemon().start(() -> write(way));
    }

    private void read(BlockingQueue<Chunk> way) {
      byte[] buffer = new byte[16_384];
      double free = 0;
      try {
        for (int n = from.getInputStream().read(buffer);
            n >= 0;
            n = from.getInputStream().read(buffer)) {
          long now = System.nanoTime();
          free = Math.max(free, now) + (bytesPerSecond > 0 ? 1e9 * n / bytesPerSecond : 0);
          way.add(new Chunk(Arrays.copyOf(buffer, n), (long) (free + 1e6 * delayMillis)));
          LockSupport.parkNanos((long) free - now - 500_000); // a buffer of half a millisecond
        }
        from.close();
      } catch (IOException _) {
        // A worker has ended.
      }
    }

    private void write(BlockingQueue<Chunk> way) {
      try {
        while (true) {
          Chunk chunk = way.take();
          LockSupport.parkNanos(chunk.due - System.nanoTime());
          to.getOutputStream().write(chunk.bytes);
        }
      } catch (IOException | InterruptedException _) {
        // A worker has ended.
      }
    }
  }

  /**
   * @param arguments {@link #WORKER}, the rank, the relay's port, α, resolution and the gradients'
   *     type
   */
  private static void worker(String[] arguments) throws Exception {
    int rank = Integer.parseInt(arguments[1]);
    TrainingOptions options =
        TrainingOptions.fromScratch()
            .widthMultiplier(Double.parseDouble(arguments[3]))
            .resolution(Integer.parseInt(arguments[4]))
            .batch(64)
            .shards(2)
            .shardGradients(ShardExchange.Wire.valueOf(arguments[5]))
            .epochs(1)
            .build();
    Path folder = Files.createTempDirectory("step-times");
    ImageStore none = ImageStore.write(folder.resolve("images"), Collections.emptyIterator());
    try (WorkerExchange workers = new WorkerExchange(rank, 2, 2, SECRET, none)) {
      if (rank == 0) {
        System.out.println(workers.port());
      }
      InetSocketAddress relay =
          InetSocketAddress.createUnresolved("127.0.0.1", Integer.parseInt(arguments[2]));
      workers.connect(List.of(relay, relay));
      print("exchange alone", exchange(workers, options));
      print("compute alone", train(folder.resolve("alone"), options, half(rank)));
      print("both", train(folder.resolve("both"), options, workers));
    }
  }

  private static void print(String what, double millis) {
    System.out.println(String.format(Locale.ROOT, "%s: %.1f ms", what, millis));
  }

  /** Computes the shard of a rank, and takes it for the sum. */
  private static ShardExchange half(int rank) {
    return new ShardExchange() {
      @Override
      public boolean isOwn(int shard) {
        return shard == rank;
      }

      @Override
      public void sum(int from, int to, List<Block> blocks, float[] sums, Wire wire) {
        Block.fold(blocks, from, to, sums, from);
      }
    };
  }

  private static double exchange(WorkerExchange workers, TrainingOptions options) {
    int size =
        Math.toIntExact(
            io.github.mobilenet4j.network.MobileNetV1.builder()
                .widthMultiplier(options.widthMultiplier())
                .classes(1000)
                .build()
                .totalParameters());
    float[] values = new float[size];
    float[] sums = new float[size];
    List<Double> times = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      long start = System.nanoTime();
      for (int to = size; to > 0; to -= 1 << 18) {
        int from = Math.max(0, to - (1 << 18));
        int rank = workers.isOwn(0) ? 0 : 1;
        workers.sum(
            from,
            to,
            List.of(new ShardExchange.Block(rank, 1, values)),
            sums,
            options.shardGradients());
      }
      times.add((System.nanoTime() - start) / 1e6);
    }
    return median(times);
  }

  private static double median(List<Double> times) {
    return times.stream().skip(4).sorted().toList().get((times.size() - 4) / 2);
  }

  private static double train(Path folder, TrainingOptions options, ShardExchange exchange) {
    SplittableRandom random = new SplittableRandom(1);
    byte[] rgb = new byte[options.height() * options.width() * 3];
    random.nextBytes(rgb);
    RgbImage image = new RgbImage(options.height(), options.width(), rgb);
    int images = 64 * STEPS;
    Dataset dataset =
        Dataset.of(
            IntStream.range(0, 1000).mapToObj(Integer::toString).toList(),
            IntStream.range(0, images).mapToObj(Integer::toString).toList(),
            IntStream.range(0, images).map(i -> i % 1000).toArray(),
            _ -> image);
    List<Double> times = new ArrayList<>();
    long[] last = {System.nanoTime()};
    Trainer.of(
            new Splits(dataset, dataset.subset(), dataset.subset()), options, new RunFolder(folder))
        .threads(1)
        .exchange(exchange)
        .listener(
            new TrainingListener() {
              @Override
              public void step(StepMetrics step) {
                long now = System.nanoTime();
                times.add((now - last[0]) / 1e6);
                last[0] = now;
              }
            })
        .train();
    return median(times);
  }
}

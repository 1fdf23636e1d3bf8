package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.training.TrainingGraph;
import io.github.mobilenet4j.training.TrainingParameter;
import io.github.mobilenet4j.training.run.ShardExchange.Block;
import io.github.mobilenet4j.training.run.ShardExchange.Wire;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * The sums of a step over its shards: gradients, running statistics, loss and images, each shard
 * counted by its images. While the last of its shards is computed, gradients that are there are
 * added up and exchanged already, from the last layer to the first.
 */
final class ShardSum implements AutoCloseable {
  /** Values that are exchanged at once, 1 MB of them: enough that their way does not count. */
  private static final int PIECE = 1 << 18;

  private final ShardExchange exchange;
  private final Wire wire;
  private final List<TrainingParameter> parameters;
  private final List<TrainingParameter> statistics;

  /** Where each parameter's gradient begins, and where the last ends. */
  private final int[] begins;

  private final int[] own;

  /** The blocks of the own shards, as a stack, when each shard has been added to them. */
  private final List<List<Block>> stacks = new ArrayList<>();

  /** For a shard that is no more than added to the stack: gradients, statistics, totals. */
  private final float[] sums;

  private final float[][] before;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("mobilenet4j-shards").factory());
  private final List<Future<?>> pieces = new ArrayList<>();

  /** From here on gradients are on their way. */
  private int sent;

  /**
   * What the shards of a step come to.
   *
   * @param images of all shards
   * @param correct how many of them were classified correctly
   * @param loss the mean over them
   */
  record Totals(int images, int correct, float loss) {
    /** Of a shard without images that can be read. */
    static final Totals NONE = new Totals(0, 0, 0);
  }

  /**
   * @param shards of a step, ≥ 1
   * @param wire in what gradients are added up and sent
   */
  ShardSum(TrainingGraph graph, int shards, ShardExchange exchange, Wire wire) {
    this.exchange = exchange;
    this.wire = wire;
    parameters = graph.parameters();
    statistics = graph.statistics();
    begins = new int[parameters.size() + 1];
    for (int i = 0; i < parameters.size(); i++) {
      begins[i + 1] = begins[i] + parameters.get(i).gradient().length;
    }
    before = statistics.stream().map(p -> new float[p.values().length]).toArray(float[][]::new);
    sums = new float[begins[parameters.size()] + total(before) + 3];
    own = IntStream.range(0, shards).filter(exchange::isOwn).toArray();
    if (own.length == 0) {
      throw new MobileNetException(
          "none of the %s shards is for this process: there are more processes than shards"
              .formatted(shards));
    }
    planStacks();
  }

  private static int total(float[][] arrays) {
    return Arrays.stream(arrays).mapToInt(a -> a.length).sum();
  }

  /** A shard is added in an array of its own, which is then free for the one after it. */
  private void planStacks() {
    List<float[]> arrays = new ArrayList<>();
    List<Block> stack = new ArrayList<>();
    for (int shard : own) {
      int depth = stack.size();
      if (arrays.size() == depth) {
        arrays.add(new float[sums.length]);
      }
      stack.add(new Block(shard, 1, arrays.get(depth)));
      stacks.add(List.copyOf(stack));
      while (areHalves(stack)) {
        Block half = stack.removeLast();
        Block first = stack.removeLast();
        stack.add(new Block(first.first(), first.size() + half.size(), first.values()));
      }
    }
  }

  /** Returns whether the last blocks are added up here. Rounded ones are sent as they are. */
  private boolean areHalves(List<Block> stack) {
    return wire == Wire.FLOAT32
        && stack.size() > 1
        && stack.get(stack.size() - 2).isHalfWith(stack.getLast());
  }

  /** Returns which shards of a step are computed here. */
  int[] own() {
    return own;
  }

  /** Begins a step. */
  void begin() {
    for (int i = 0; i < before.length; i++) {
      System.arraycopy(statistics.get(i).values(), 0, before[i], 0, before[i].length);
    }
    sent = begins[parameters.size()];
  }

  /** Begins a shard, with the statistics that the step began with. */
  void beginShard() {
    for (int i = 0; i < before.length; i++) {
      System.arraycopy(before[i], 0, statistics.get(i).values(), 0, before[i].length);
    }
  }

  /** Leaves a step unfinished. */
  void abandon() {
    beginShard();
  }

  /**
   * Takes gradients of a shard that is under way, if it is the last.
   *
   * @param index which of the own shards
   * @param n its images
   * @param first the first parameter from which on all have their gradients
   */
  void written(int index, int n, int first) {
    if (index < own.length - 1) {
      return;
    }
    while (sent - PIECE >= begins[first]) {
      gather(index, n, sent - PIECE, sent);
      send();
    }
  }

  /** Sends the next piece: the same ones in all processes, whatever they have to compute. */
  private void send() {
    int to = sent;
    sent = Math.max(0, to - PIECE);
    exchange(sent, to, wire);
  }

  private void exchange(int from, int to, Wire of) {
    int last = own.length - 1;
    pieces.add(thread.submit(() -> exchange.sum(from, to, merge(last, from, to), sums, of)));
  }

  /** Copies a shard's gradients. */
  private void gather(int index, int n, int from, int to) {
    float[] values = stacks.get(index).getLast().values();
    for (int i = 0; i < parameters.size(); i++) {
      float[] gradient = parameters.get(i).gradient();
      int begin = Math.max(from, begins[i]);
      int end = Math.min(to, begins[i + 1]);
      for (int at = begin; at < end; at++) {
        values[at] = n * gradient[at - begins[i]];
      }
    }
    wire.round(values, from, to);
  }

  /** Adds the last block to those before it as far as they are halves of a part. */
  private List<Block> merge(int index, int from, int to) {
    List<Block> stack = new ArrayList<>(stacks.get(index));
    while (areHalves(stack)) {
      Block half = stack.removeLast();
      stack.add(stack.removeLast().plus(half, from, to));
    }
    return stack;
  }

  /**
   * Adds a shard that the graph has computed.
   *
   * @param index which of the own shards
   * @param totals of its images; none, of no images, if the shard has none that can be read
   */
  void add(int index, Totals totals) {
    float[] values = stacks.get(index).getLast().values();
    boolean last = index == own.length - 1;
    int n = totals.images;
    if (n == 0) {
      Arrays.fill(values, 0);
    } else {
      gather(index, n, 0, sent);
      int at = begins[parameters.size()];
      for (TrainingParameter statistic : statistics) {
        for (float value : statistic.values()) {
          values[at++] = n * value;
        }
      }
      values[at++] = n;
      values[at++] = totals.correct;
      values[at] = n * totals.loss;
    }
    if (!last) {
      merge(index, 0, sums.length);
    }
  }

  /**
   * Waits for the sums, and makes the means over all shards the graph's gradients and statistics.
   *
   * @return of all shards; of no images if none of the step's can be read, and nothing is then
   *     changed
   */
  Totals finish() {
    while (sent > 0) {
      send();
    }
    exchange(begins[parameters.size()], sums.length, Wire.FLOAT32);
    try {
      for (Future<?> piece : pieces) {
        piece.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MobileNetException("interrupted while waiting for other shards", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new MobileNetException("the shards' sum failed: " + e.getCause(), e.getCause());
    } finally {
      pieces.clear();
    }
    int totals = sums.length - 3;
    int images = (int) sums[totals];
    if (images == 0) {
      abandon();
      return Totals.NONE;
    }
    int at = 0;
    for (TrainingParameter parameter : parameters) {
      at = mean(images, at, parameter.gradient());
    }
    for (TrainingParameter statistic : statistics) {
      at = mean(images, at, statistic.values());
    }
    return new Totals(images, (int) sums[totals + 1], sums[totals + 2] / images);
  }

  private int mean(int images, int at, float[] result) {
    for (int i = 0; i < result.length; i++) {
      result[i] = sums[at + i] / images;
    }
    return at + result.length;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}

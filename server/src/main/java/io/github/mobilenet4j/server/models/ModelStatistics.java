package io.github.mobilenet4j.server.models;

import io.github.mobilenet4j.server.metrics.ServerMetrics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What a model has done so far: Triton's statistics, and the same for the metrics. */
final class ModelStatistics {
  /** So often, and so long in all. */
  private static final class Total {
    private final LongAdder count = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    void add(long time) {
      count.increment();
      nanos.add(time);
    }

    Map<String, Object> json() {
      return Map.of("count", count.sum(), "ns", nanos.sum());
    }
  }

  private final ServerMetrics.OfModel metrics;
  private final Total success = new Total();
  private final Total fail = new Total();
  private final Total queue = new Total();
  private final Total input = new Total();
  private final Total infer = new Total();
  private final Total output = new Total();
  private final LongAdder images = new LongAdder();
  private final LongAdder batches = new LongAdder();
  private final AtomicLong last = new AtomicLong();

  ModelStatistics(ServerMetrics.OfModel metrics) {
    this.metrics = metrics;
  }

  void decoded(long nanos) {
    metrics.decoded(nanos);
  }

  void preprocessed(long nanos) {
    metrics.preprocessed(nanos);
  }

  void batch(int count, long nanos) {
    metrics.inferred(count, nanos);
    images.add(count);
    batches.increment();
  }

  /** Of a request: all in nanoseconds. */
  record Times(long input, long queue, long infer, long output, long all) {}

  void succeeded(Times times) {
    metrics.queued(times.queue());
    input.add(times.input());
    queue.add(times.queue());
    infer.add(times.infer());
    output.add(times.output());
    success.add(times.all());
    last.set(System.currentTimeMillis());
  }

  void failed(long nanos) {
    fail.add(nanos);
  }

  /** Returns what {@code GET v2/models/NAME/stats} says of a model. */
  Map<String, Object> json(String name, String version) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", name);
    all.put("version", version);
    all.put("last_inference", last.get());
    all.put("inference_count", images.sum());
    all.put("execution_count", batches.sum());
    Map<String, Object> totals = new LinkedHashMap<>();
    totals.put("success", success.json());
    totals.put("fail", fail.json());
    totals.put("queue", queue.json());
    totals.put("compute_input", input.json());
    totals.put("compute_infer", infer.json());
    totals.put("compute_output", output.json());
    all.put("inference_stats", totals);
    all.put("batch_stats", List.of());
    return all;
  }
}

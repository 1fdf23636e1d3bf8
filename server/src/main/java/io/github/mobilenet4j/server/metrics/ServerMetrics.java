package io.github.mobilenet4j.server.metrics;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The service's metrics: {@code mobilenet4j_*_seconds} are histograms in seconds. {@code
 * docs/serving.md} tells what each means.
 */
public final class ServerMetrics {
  private static final double FIRST_BUCKET = 0.000_5;
  private static final int BUCKETS = 16;
  private static final double NANOS = 1e-9;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final ExpositionFormats formats = ExpositionFormats.init();
  private final Histogram request =
      seconds("request", "From the headers of a request to the end of its answer.", "call");
  private final Histogram queue =
      seconds("queue", "From the end of decoding to the beginning of the first batch.", "model");
  private final Histogram decode = seconds("decode", "Decoding of one image.", "model");
  private final Histogram preprocess =
      seconds("preprocess", "Resizing and scaling of one image.", "model");
  private final Histogram infer = seconds("infer", "The network, of one batch.", "model");
  private final Counter images = counter("images", "Images that were computed.", "model");
  private final Counter batches = counter("batches", "Batches that were computed.", "model");
  private final Counter requests = counter("requests", "Requests by answer.", "call", "status");
  private final Counter refused = counter("refused", "Requests that were refused.", "reason");

  /** Registers the JVM's own metrics too. */
  public ServerMetrics() {
    JvmMetrics.builder().register(registry);
  }

  /** The times of one model. */
  public final class OfModel {
    private final DistributionDataPoint queue;
    private final DistributionDataPoint decode;
    private final DistributionDataPoint preprocess;
    private final DistributionDataPoint infer;
    private final String model;

    private OfModel(String model) {
      this.model = model;
      this.queue = ServerMetrics.this.queue.labelValues(model);
      this.decode = ServerMetrics.this.decode.labelValues(model);
      this.preprocess = ServerMetrics.this.preprocess.labelValues(model);
      this.infer = ServerMetrics.this.infer.labelValues(model);
    }

    /** A job waited so many nanoseconds. */
    public void queued(long nanos) {
      queue.observe(nanos * NANOS);
    }

    /** An image was decoded in so many nanoseconds. */
    public void decoded(long nanos) {
      decode.observe(nanos * NANOS);
    }

    /** An image was preprocessed in so many nanoseconds. */
    public void preprocessed(long nanos) {
      preprocess.observe(nanos * NANOS);
    }

    /** A batch was computed in so many nanoseconds. */
    public void inferred(int count, long nanos) {
      infer.observe(nanos * NANOS);
      images.labelValues(model).inc(count);
      batches.labelValues(model).inc();
    }
  }

  private Histogram seconds(String name, String help, String label) {
    return Histogram.builder()
        .name("mobilenet4j_" + name + "_seconds")
        .help(help)
        .labelNames(label)
        .classicOnly()
        .classicExponentialUpperBounds(FIRST_BUCKET, 2, BUCKETS)
        .register(registry);
  }

  private Counter counter(String name, String help, String... labels) {
    return Counter.builder()
        .name("mobilenet4j_" + name + "_total")
        .help(help)
        .labelNames(labels)
        .register(registry);
  }

  /** Has a value told that something else knows. */
  public void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name("mobilenet4j_" + name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
  }

  /** Returns where a model's times go. */
  public OfModel model(String name) {
    return new OfModel(name);
  }

  /**
   * A request was answered.
   *
   * @param call what it called
   * @param status of HTTP
   */
  public void answered(String call, int status, long nanos) {
    request.labelValues(call).observe(nanos * NANOS);
    requests.labelValues(call, Integer.toString(status)).inc();
  }

  /** A request was refused. */
  public void refused(String reason) {
    refused.labelValues(reason).inc();
  }

  /**
   * All metrics as text.
   *
   * @param contentType of the text
   * @param text Prometheus' or OpenMetrics' format
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Page(String contentType, byte[] text) {}

  /**
   * Returns all metrics.
   *
   * @param accept the formats that the caller takes, may be null
   */
  public Page page(@Nullable String accept) {
    // It also knows protobuf, which needs a library that is not there.
    ExpositionFormatWriter writer =
        accept != null && accept.contains("openmetrics")
            ? formats.getOpenMetricsTextFormatWriter()
            : formats.getPrometheusTextFormatWriter();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      writer.write(text, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Page(writer.getContentType(), text.toByteArray());
  }
}

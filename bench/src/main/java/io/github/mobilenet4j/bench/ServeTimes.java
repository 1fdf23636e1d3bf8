package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.server.InferenceServer;
import io.github.mobilenet4j.server.ServerOptions;
import io.github.mobilenet4j.server.models.ModelSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.IntSupplier;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The service beside the library alone, and beside ONNX Runtime behind the simplest handler. */
@Command(
    name = "serve",
    usageHelpWidth = 100,
    sortOptions = false,
    description = {
      "Measures the service with binary tensors of one image: what callers without pause get a",
      "second, what it adds to the network's time at low load, and what becomes of requests at",
      "three times of what it can do. Client and servers share the processors of this machine.",
      ""
    })
final class ServeTimes implements Callable<Integer> {
  private static final String INFER = "/v2/models/m/infer";

  /** Milliseconds between calls at low load. */
  private static final long PAUSE = 50;

  @Option(names = "--alpha", paramLabel = "A", description = "Width multiplier; default 1.")
  private double alpha = 1;

  @Option(names = "--resolution", paramLabel = "R", description = "Input side; default 224.")
  private int resolution = 224;

  @Option(names = "--seconds", paramLabel = "S", description = "Of each measurement; default 10.")
  private int seconds = 10;

  @Option(names = "--callers", paramLabel = "N", description = "Without pause; default 8.")
  private int callers = 8;

  @Option(names = "--deadline", paramLabel = "MS", description = "Of requests; default 1000 ms.")
  private int deadline = 1000;

  /**
   * What is sent again and again.
   *
   * @param headers each with its line's end
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Post(String path, String headers, byte[] body) {}

  /** Calls the server's own port. */
  private interface Measured {
    void run(IntSupplier port) throws Exception;
  }

  @Override
  public Integer call() throws Exception {
    int threads = Runtime.getRuntime().availableProcessors();
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(alpha).resolution(resolution).build();
    Engine.Job job = Engine.Job.random(network, 1, threads);
    byte[] body = new byte[4 * job.x().length];
    ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(job.x());
    say("processor", Compare.processor());
    double alone = library(job, 1, threads, 0);
    double paced = library(job, 1, threads, PAUSE);
    double batch = library(job, 16, threads, 0);
    say("library alone, images/s of 1", format(1 / alone));
    say("library alone, images/s of 16", format(16 / batch));
    say("library alone, ms with pauses as at 20/s", format(paced * 1e3));
    ServerOptions options =
        ServerOptions.DEFAULT
            .with(ServerOptions.Address.DEFAULT.withPort(0))
            .with(new ServerOptions.Work(threads, 0, Duration.ofMillis(deadline)));
    ModelSpec spec = new ModelSpec("m", "1", Optional.empty(), job::model);
    try (InferenceServer server = new InferenceServer(options, List.of(spec))) {
      server.start();
      Post infer = binary(network, body);
      double capacity = measure("mobilenet4j", server.port(), infer, paced);
      overload(server.port(), infer, capacity);
    }
    try (OnnxRuntimeEngine engine = new OnnxRuntimeEngine(job)) {
      simplest(
          engine, port -> measure("ONNX Runtime", port.getAsInt(), new Post("/", "", body), paced));
    }
    return 0;
  }

  private static void say(String what, Object value) {
    System.out.printf(Locale.ROOT, "%-46s %s%n", what, value);
  }

  private static String format(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /**
   * Returns the median time of a run in seconds.
   *
   * @param pause milliseconds before each: after one the processor's caches have other things
   */
  private double library(Engine.Job job, int n, int threads, long pause)
      throws InterruptedException {
    MobileNetV1 network = job.network();
    float[] x = new float[n * job.x().length];
    float[] result = new float[n * network.outputs()];
    InferencePlan plan = InferencePlan.compile(network, job.model().weights(), Precision.FLOAT32);
    double[] times = new double[Math.max(20, seconds * (pause > 0 ? 1000 / (int) PAUSE : 200) / n)];
    try (Session session = new Session(plan, n, threads)) {
      for (int i = -times.length / 4; i < times.length; i++) {
        Thread.sleep(pause);
        long start = System.nanoTime();
        session.run(x, n, result);
        if (i >= 0) {
          times[i] = (System.nanoTime() - start) / 1e9;
        }
      }
    }
    Arrays.sort(times);
    return times[times.length / 2];
  }

  /** Returns a request of the protocol that has its input, and wants its output, in binary. */
  private static Post binary(MobileNetV1 network, byte[] body) {
    byte[] json =
        """
        {"inputs": [{"name": "images", "datatype": "FP32", "shape": [1, %s, %s, %s],
        "parameters": {"binary_data_size": %s}}], "parameters": {"binary_data_output": true}}\
        """
            .formatted(network.height(), network.width(), network.channels(), body.length)
            .getBytes(StandardCharsets.US_ASCII);
    byte[] whole = Arrays.copyOf(json, json.length + body.length);
    System.arraycopy(body, 0, whole, json.length, body.length);
    return new Post(INFER, "Inference-Header-Content-Length: %s\r\n".formatted(json.length), whole);
  }

  private double measure(String name, int port, Post post, double alone) throws Exception {
    try (HttpLoad load = new HttpLoad(port, post.path(), post.headers(), post.body())) {
      load.closed(callers, Duration.ofSeconds(6)); // warm
      HttpLoad.Result full = load.closed(callers, Duration.ofSeconds(seconds));
      say(name + ", images/s of " + callers + " callers", format(full.perSecond()));
      HttpLoad.Result low = load.open(1e3 / PAUSE, Duration.ofSeconds(seconds));
      say(name + ", ms at 20/s: median", format(low.milliseconds(0.5)));
      say(name + ", ms more than the library", format(low.milliseconds(0.5) - alone * 1e3));
      say(name + ", failed", full.failed() + low.failed());
      return full.perSecond();
    }
  }

  private void overload(int port, Post post, double capacity) throws Exception {
    try (HttpLoad load = new HttpLoad(port, post.path(), post.headers(), post.body())) {
      HttpLoad.Result result = load.open(3 * capacity, Duration.ofSeconds(seconds));
      say("at 3 times: answered/s", format(result.perSecond()));
      say("at 3 times: answered, ms at 99 %", format(result.milliseconds(0.99)));
      say("at 3 times: refused/s", format(result.refused().getTotalCount() / result.seconds()));
      say(
          "at 3 times: refused, ms at 50 %, 99 %",
          "%s, %s"
              .formatted(
                  format(result.refused().getValueAtPercentile(50) / 1e3),
                  format(result.refused().getValueAtPercentile(99) / 1e3)));
      say("at 3 times: failed", result.failed());
      HttpLoad.Result after = load.open(capacity / 3, Duration.ofSeconds(1));
      say(
          "in the second after: refused and failed",
          after.refused().getTotalCount() + after.failed());
    }
  }

  /** Serves an engine by a handler that does nothing else, one request at a time. */
  private static void simplest(OnnxRuntimeEngine engine, Measured measured) throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback)
              throws Exception {
            ByteBuffer body = Content.Source.asByteBuffer(request).order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer answer;
            synchronized (engine) {
              float[] logits = engine.run(body.asFloatBuffer());
              answer = ByteBuffer.allocate(4 * logits.length).order(ByteOrder.LITTLE_ENDIAN);
              answer.asFloatBuffer().put(logits);
            }
            response.write(true, answer, callback);
            return true;
          }
        });
    server.start();
    try {
      measured.run(connector::getLocalPort);
    } finally {
      server.stop();
    }
  }
}

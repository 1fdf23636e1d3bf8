package io.github.mobilenet4j.server;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.server.batching.Admission;
import io.github.mobilenet4j.server.batching.BatchQueue;
import io.github.mobilenet4j.server.batching.BatchWorkers;
import io.github.mobilenet4j.server.batching.Budget;
import io.github.mobilenet4j.server.http.ClassifyEndpoint;
import io.github.mobilenet4j.server.http.GrpcEndpoints;
import io.github.mobilenet4j.server.http.Guard;
import io.github.mobilenet4j.server.http.Listener;
import io.github.mobilenet4j.server.http.MetricsEndpoint;
import io.github.mobilenet4j.server.http.RestEndpoints;
import io.github.mobilenet4j.server.http.Route;
import io.github.mobilenet4j.server.http.Router;
import io.github.mobilenet4j.server.http.Served;
import io.github.mobilenet4j.server.http.StaticFiles;
import io.github.mobilenet4j.server.metrics.ServerMetrics;
import io.github.mobilenet4j.server.models.ImageDecoder;
import io.github.mobilenet4j.server.models.InferenceService;
import io.github.mobilenet4j.server.models.ModelRepository;
import io.github.mobilenet4j.server.models.ModelSpec;
import io.github.mobilenet4j.server.models.ServedModel;
import io.github.mobilenet4j.server.protocol.ServerMetadata;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Models behind HTTP: the Open Inference Protocol v2 by REST and gRPC on one port.
 *
 * <pre>{@code
 * ModelSpec spec = new ModelSpec("pets", "1", Optional.of(file), () -> ModelFile.read(file));
 * try (InferenceServer server = new InferenceServer(ServerOptions.DEFAULT, List.of(spec))) {
 *   server.start();
 *   …
 * }
 * }</pre>
 *
 * <p>What all requests together use is bounded, as {@link ServerOptions.Limits} says.
 */
public final class InferenceServer implements AutoCloseable {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

  private final ServerOptions options;
  private final ModelRepository models;
  private final ImageDecoder decoder;
  private final BatchWorkers workers;
  private final Admission admission;
  private final Listener listener;
  private volatile boolean started;
  private volatile boolean draining;

  /**
   * Makes it; it does not listen yet.
   *
   * @param specs the models there may be
   * @throws MobileNetException if two have the same name and version, or the host is not known
   */
  public InferenceServer(ServerOptions options, List<ModelSpec> specs) {
    this(options, specs, _ -> List.of());
  }

  /**
   * As the other, with more addresses.
   *
   * @param more of the models; answered before the server's own
   */
  public InferenceServer(
      ServerOptions options, List<ModelSpec> specs, Function<ModelRepository, List<Route>> more) {
    this.options = options;
    ServerOptions.Limits limits = options.limits();
    ServerOptions.Work work = options.work();
    ServerMetrics metrics = new ServerMetrics();
    admission =
        new Admission(
            new Admission.Limits(limits.images(), limits.pixels(), limits.imagesPerClient()),
            System::nanoTime);
    BatchQueue queue = new BatchQueue(work.threads(), System::nanoTime);
    models =
        new ModelRepository(
            specs,
            new ServedModel.Settings(work.threads(), work.batch()),
            metrics,
            admission::expect);
    decoder = new ImageDecoder(limits.reading(), Runtime.getRuntime().availableProcessors());
    workers = new BatchWorkers(queue, System::nanoTime);
    InferenceService service =
        new InferenceService(
            models, admission, queue, decoder, work.deadline(), work.threads() * work.batch());
    Budget bodies = new Budget(limits.bodiesBytes());
    metrics.gauge("queue_length", "Requests that wait for the network.", queue::length);
    metrics.gauge("images_under_way", "Images from admission to the end.", admission::images);
    metrics.gauge("pixels_under_way", "Pixels that are to be decoded.", admission::pixels);
    metrics.gauge("body_bytes", "Bytes of bodies that are held.", bodies::taken);
    List<Route> routes = new ArrayList<>(more.apply(models));
    Served served = new Served(metadata(), models, service, this::isReady);
    routes.addAll(new RestEndpoints(served).routes());
    routes.addAll(new GrpcEndpoints(served).routes());
    routes.add(new ClassifyEndpoint(served).route());
    routes.add(MetricsEndpoint.route(metrics));
    routes.add(new StaticFiles(Router.class, "").file("/openapi.yaml", "openapi.yaml"));
    Router router =
        new Router(
            routes,
            guard(),
            metrics,
            bodies,
            limits.bodyBytes(),
            limits.bytesPerSecond(),
            () -> draining);
    listener =
        new Listener(
            new Listener.Settings(
                options.address().host(),
                options.address().port(),
                limits.connections(),
                options.address().origins(),
                options
                    .address()
                    .tls()
                    .map(tls -> new Listener.PemFiles(tls.certificate(), tls.key()))),
            router);
    metrics.gauge("connections", "Connections that are open.", listener::connections);
    metrics.gauge("requests_under_way", "Requests from headers to answer.", listener::requests);
    metrics.gauge("ready", "Whether the server is ready.", () -> isReady() ? 1 : 0);
  }

  /**
   * Has each request told in a line; to be called before the start.
   *
   * @param lines takes them, on any thread
   */
  public void logTo(Consumer<String> lines) {
    listener.logTo(lines);
  }

  private static ServerMetadata metadata() {
    String version = InferenceServer.class.getPackage().getImplementationVersion();
    return new ServerMetadata(
        "mobilenet4j",
        version == null ? "0.1.0-SNAPSHOT" : version,
        List.of("binary_tensor_data", "classification", "statistics", "model_repository"));
  }

  private Guard guard() {
    ServerOptions.Address address = options.address();
    boolean loopback;
    try {
      loopback = InetAddress.getByName(address.host()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new MobileNetException("there is no host %s".formatted(address.host()), e);
    }
    Set<String> hosts = address.hosts().isEmpty() && loopback ? LOOPBACK : address.hosts();
    return new Guard(address.token(), hosts, address.origins(), loopback);
  }

  /**
   * Listens, is alive, then loads and warms up all models, and is ready when this returns.
   *
   * @throws MobileNetException if the port is taken, or a model cannot be read
   */
  public void start() {
    listener.start();
    models.loadAll();
    started = true;
  }

  /** Returns whether every model answers, and the server is not about to end. */
  public boolean isReady() {
    return started && !draining && models.isReady();
  }

  /** Returns the port that it listens on. */
  public int port() {
    return listener.port();
  }

  /** Returns the models. */
  public ModelRepository models() {
    return models;
  }

  /**
   * Ends: is no longer ready, still answers for the notice that the options say, then takes no more
   * connections, finishes what is under way, and stops.
   */
  public void drain() {
    draining = true;
    sleep(options.life().notice());
    listener.drain(options.life().finish());
    close();
  }

  private static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    listener.close();
    workers.close();
    decoder.close();
    models.close();
  }
}

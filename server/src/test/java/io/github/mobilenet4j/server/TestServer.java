package io.github.mobilenet4j.server;

import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.server.models.ModelSpec;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** A server with a small model, and a client. */
final class TestServer implements AutoCloseable {
  static final int SIDE = 64;
  static final int CLASSES = 10;
  static final int IMAGE = SIDE * SIDE * 3;

  /** Ends at once, listens on any port, and waits for a slow machine. */
  static final ServerOptions OPTIONS =
      ServerOptions.DEFAULT
          .with(ServerOptions.Address.DEFAULT.withPort(0))
          .with(new ServerOptions.Work(2, 0, Duration.ofSeconds(60)))
          .with(new ServerOptions.Life(Duration.ZERO, Duration.ofSeconds(10)));

  final InferenceServer server;
  final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

  TestServer() {
    this(OPTIONS);
  }

  TestServer(ServerOptions options) {
    this(options, List.of(spec("small", model(1))));
  }

  TestServer(ServerOptions options, List<ModelSpec> specs) {
    server = new InferenceServer(options, specs);
    server.start();
  }

  static ModelSpec spec(String name, Model model) {
    return new ModelSpec(name, "1", Optional.empty(), () -> model);
  }

  /** Returns a network of random weights. */
  static Model model(int seed) {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).input(SIDE, SIDE).classes(CLASSES).build();
    return new Model(
        network,
        RandomWeights.of(network, seed),
        Preprocessing.TENSORFLOW,
        Labels.numbered(CLASSES),
        Map.of());
  }

  /** Returns values of images. */
  static float[] values(int images) {
    Random random = new Random(7);
    float[] values = new float[images * IMAGE];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }

  /** Returns what the library computes of them. */
  static float[] logits(Model model, float[] values) {
    int n = values.length / IMAGE;
    float[] logits = new float[n * CLASSES];
    try (Session session = Session.of(model.network(), model.weights(), n, 1)) {
      session.run(values, n, logits);
    }
    return logits;
  }

  /** Returns floats as little-endian bytes. */
  static byte[] bytes(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  /** Returns little-endian bytes as floats. */
  static float[] floats(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / 4];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  /** Posts bytes; headers are names and values in turn. */
  HttpResponse<byte[]> post(String path, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  @Override
  public void close() {
    client.shutdownNow();
    server.close();
  }
}

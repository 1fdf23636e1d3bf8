package io.github.mobilenet4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.UnixOperatingSystemMXBean;
import inference.OpenInferenceGrpc.ModelInferRequest;
import inference.OpenInferenceGrpc.ModelInferRequest.InferInputTensor;
import io.github.mobilenet4j.server.http.RequestFuzzTest;
import io.github.mobilenet4j.server.models.ModelSpec;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/**
 * All that callers do, at once and in any order, good and bad; with {@code -Dsoak=true} for twenty
 * minutes. What the process holds afterwards is what it held after the first quarter.
 */
class MixedLoadTest {
  private static final Duration TIME =
      Boolean.getBoolean("soak") ? Duration.ofMinutes(20) : Duration.ofSeconds(8);
  private static final int CALLERS = 6;
  private static final long MEBIBYTE = 1 << 20;

  private static final String INFER = "/v2/models/small/infer";

  /** Something that a caller does, and what the server may say to it. */
  private record Action(String name, Call call, Integer... statuses) {}

  private interface Call {
    /** Returns the status, or 0 where nobody waited for one. */
    int run(TestServer server) throws Exception;
  }

  private final List<Action> actions = actions();
  private final Map<String, Integer> counts = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();

  private static List<Action> actions() {
    byte[] one = TestServer.bytes(TestServer.values(1));
    byte[] many = TestServer.bytes(TestServer.values(16));
    byte[] jpeg = jpeg();
    String floats = Arrays.toString(TestServer.values(1));
    String json =
        "{\"inputs\":[{\"name\":\"images\",\"shape\":[1,64,64,3],\"datatype\":\"FP32\",\"data\":%s}]}"
            .formatted(floats);
    byte[] frame = RequestFuzzTest.frame(grpc(one).toByteArray());
    String load = "/v2/repository/models/other/";
    return List.of(
        new Action("an image in binary", server -> binary(server, INFER, one), 200),
        new Action("many in binary", server -> binary(server, INFER, many), 200),
        new Action("JSON", server -> server.post(INFER, json).statusCode(), 200),
        new Action("JPEG", server -> server.post("/classify?model=small", jpeg).statusCode(), 200),
        new Action(
            "gRPC",
            server ->
                server
                    .post(
                        "/inference.GRPCInferenceService/ModelInfer",
                        frame,
                        "Content-Type",
                        "application/grpc")
                    .statusCode(),
            200),
        new Action("metrics", server -> server.get("/metrics").statusCode(), 200),
        new Action(
            "half of JSON", server -> server.post(INFER, json.substring(99)).statusCode(), 400),
        new Action("no such model", server -> binary(server, "/v2/models/no/infer", one), 404),
        new Action(
            "no image",
            server -> server.post("/classify?model=small", new byte[99]).statusCode(),
            400),
        new Action("load", server -> server.post(load + "load", "").statusCode(), 200),
        new Action("unload", server -> server.post(load + "unload", "").statusCode(), 200),
        new Action(
            "what comes and goes",
            server -> binary(server, "/v2/models/other/infer", many),
            200,
            404,
            503),
        new Action("goes away", MixedLoadTest::goAway, 0),
        new Action("half of an upload", MixedLoadTest::breakOff, 0));
  }

  private static byte[] jpeg() {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(new BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB), "jpg", bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ModelInferRequest grpc(byte[] image) {
    return ModelInferRequest.newBuilder()
        .setModelName("small")
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("images")
                .setDatatype("FP32")
                .addAllShape(List.of(1L, 64L, 64L, 3L)))
        .addRawInputContents(ByteString.copyFrom(image))
        .build();
  }

  private static int binary(TestServer server, String path, byte[] body) throws Exception {
    return server.post(path, body, "Inference-Header-Content-Length", "0").statusCode();
  }

  private static int goAway(TestServer server) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri(INFER))
            .header("Inference-Header-Content-Length", "0")
            .POST(BodyPublishers.ofByteArray(TestServer.bytes(TestServer.values(16))))
            .build();
    var answer = server.client.sendAsync(request, BodyHandlers.discarding());
    Thread.sleep(1);
    answer.cancel(true);
    return 0;
  }

  private static int breakOff(TestServer server) throws Exception {
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n{".formatted(INFER);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    }
    return 0;
  }

  /**
   * What the process holds.
   *
   * @param heap bytes in use after a collection
   * @param resident bytes of memory, 0 where the system does not say
   * @param descriptors open files and sockets, 0 where the system does not say
   */
  private record Holdings(long heap, long resident, long descriptors, int threads) {
    static Holdings now() throws Exception {
      System.gc();
      Thread.sleep(1000);
      System.gc();
      Path status = Path.of("/proc/self/statm");
      long resident =
          Files.exists(status) ? 4096 * Long.parseLong(Files.readString(status).split(" ")[1]) : 0;
      return new Holdings(
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
          resident,
          ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
              ? system.getOpenFileDescriptorCount()
              : 0,
          ManagementFactory.getThreadMXBean().getThreadCount());
    }
  }

  private void run(TestServer server, Duration time, int seed) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Random random = new Random(31L * seed + i);
      callers.add(
          Thread.ofVirtual()
              .start(() -> {
                while (System.nanoTime() < end) {
                  act(server, actions.get(random.nextInt(actions.size())));
                }
              }));
    }
    for (Thread caller : callers) {
      caller.join();
    }
  }

  private void act(TestServer server, Action action) {
    try {
      int status = action.call().run(server);
      counts.merge(action.name() + " " + status, 1, Integer::sum);
      if (!List.of(action.statuses()).contains(status)) {
        faults.add(action.name() + ": " + status);
      }
    } catch (Exception e) {
      faults.add(action.name() + ": " + e);
    }
  }

  @Test
  void nothingGrows() throws Exception {
    List<ModelSpec> specs =
        List.of(
            TestServer.spec("small", TestServer.model(1)),
            TestServer.spec("other", TestServer.model(2)));
    try (TestServer server = new TestServer(TestServer.OPTIONS, specs)) {
      run(server, TIME.dividedBy(4), 1);
      Holdings first = Holdings.now();
      run(server, TIME.multipliedBy(3).dividedBy(4), 2);
      Holdings last = Holdings.now();
      System.out.println(counts + "\nafter a quarter " + first + "\nafter all " + last);
      assertThat(faults).isEmpty();
      assertThat(counts.keySet()).hasSizeGreaterThanOrEqualTo(actions.size());
      assertThat(last.heap()).isLessThan(first.heap() + 4 * MEBIBYTE);
      assertThat(last.resident()).isLessThan(first.resident() + 64 * MEBIBYTE);
      assertThat(last.descriptors()).isLessThan(first.descriptors() + 20);
      assertThat(last.threads()).isLessThan(first.threads() + 10);
    }
  }
}

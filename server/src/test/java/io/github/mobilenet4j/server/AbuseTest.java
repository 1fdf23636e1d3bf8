package io.github.mobilenet4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import inference.OpenInferenceGrpc.ModelInferRequest;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.ReadLimits.Limit;
import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.Target;
import io.github.mobilenet4j.server.http.RequestFuzzTest;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What is meant to break a server, or to keep it from others. {@code -Dsoak=true} does each for as
 * long, and as often, as the service has to stand it.
 */
class AbuseTest {
  private static final boolean SOAK = Boolean.getBoolean("soak");
  private static final String INFER = "/v2/models/small/infer";

  /** A PNG of 9,000,000 pixels in a few thousand bytes. */
  private static byte[] bomb() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(3000, 3000, BufferedImage.TYPE_BYTE_BINARY), "png", bytes);
    return bytes.toByteArray();
  }

  private static TestServer server;

  @BeforeAll
  static void start() {
    ServerOptions.Limits limits = ServerOptions.Limits.DEFAULT;
    server =
        new TestServer(
            TestServer.OPTIONS.with(
                new ServerOptions.Limits(
                    8 << 20,
                    64 << 20,
                    ReadLimits.DEFAULT.with(Limit.PIXELS, 1_000_000),
                    4_000_000,
                    64,
                    0,
                    1000,
                    limits.bytesPerSecond())));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Whatever was done, it still answers, and holds nothing. */
  @AfterEach
  void isWellAgain() throws Exception {
    assertAnswers();
    List<String> idle =
        List.of(
            "mobilenet4j_images_under_way 0.0",
            "mobilenet4j_pixels_under_way 0.0",
            "mobilenet4j_body_bytes 0.0",
            "mobilenet4j_requests_under_way 1.0", // which asks
            "mobilenet4j_queue_length 0.0");
    String metrics = metrics();
    // An answer has come before its request is over, and so has that of the metrics before these.
    for (int i = 0; i < 100 && !idle.stream().allMatch(metrics::contains); i++) {
      Thread.sleep(50);
      metrics = metrics();
    }
    assertThat(metrics).contains(idle);
  }

  private static String metrics() throws Exception {
    return server.get("/metrics").body();
  }

  private static void assertAnswers() throws Exception {
    HttpResponse<byte[]> answer =
        server.post(
            INFER, TestServer.bytes(TestServer.values(1)), "Inference-Header-Content-Length", "0");
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  private static Socket socket() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), server.server.port());
  }

  private static Socket begun(String text) throws IOException {
    Socket socket = socket();
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  @Test
  void refusesBodiesThatAreTooLarge() throws Exception {
    byte[] large = new byte[9 << 20];
    assertThat(server.post(INFER, large).statusCode()).isEqualTo(413);
    try (Socket socket =
        begun(
            "POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n900000\r\n"
                .formatted(INFER))) {
      socket.getOutputStream().write(large);
      assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 413");
    }
    try (Socket socket = begun("GET /v2 HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(9000))) {
      assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 431");
    }
  }

  @Test
  void refusesBombsByTheirHeaders() throws Exception {
    byte[] bomb = bomb();
    long start = System.nanoTime();
    for (int i = 0; i < (SOAK ? 1000 : 50); i++) {
      assertThat(server.post("/classify", bomb).statusCode()).isEqualTo(422);
    }
    String json =
        "{\"inputs\":[{\"name\":\"images\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"%s\"]}]}"
            .formatted(Base64.getEncoder().encodeToString(bomb));
    HttpResponse<String> answer = server.post(INFER, json);
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body()).contains("image 0 has 9000000 pixels, expected at most 1000000");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
  }

  @Test
  void slowClientsKeepNobodyFromIt() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < (SOAK ? 500 : 100); i++) {
        slow.add(begun("POST " + INFER + " HTTP/1.1\r\nHost: localh"));
        slow.add(
            begun("POST " + INFER + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"));
      }
      assertAnswers();
      if (SOAK) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (System.nanoTime() < end) {
          for (Socket socket : slow) {
            try {
              socket.getOutputStream().write('x');
            } catch (IOException _) {
              // It was closed, as it should be.
            }
          }
          Thread.sleep(1000);
          assertAnswers();
        }
        assertThat(metrics()).containsPattern("mobilenet4j_connections [0-9]\\.0");
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void halfOfAnUploadIsRefused() throws Exception {
    String head = "POST " + INFER + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{";
    for (int i = 0; i < 20; i++) {
      try (Socket socket = begun(head)) {
        socket.shutdownOutput();
        byte[] answer = socket.getInputStream().readAllBytes();
        assertThat(new String(answer, StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 400");
      }
    }
  }

  @Test
  void callersThatGoAreForgotten() throws Exception {
    byte[] values = TestServer.bytes(TestServer.values(16));
    List<CompletableFuture<?>> calls = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      HttpRequest request =
          HttpRequest.newBuilder(server.uri(INFER))
              .header("Inference-Header-Content-Length", "0")
              .POST(BodyPublishers.ofByteArray(values))
              .build();
      calls.add(server.client.sendAsync(request, BodyHandlers.discarding()));
    }
    Thread.sleep(20);
    calls.forEach(call -> call.cancel(true));
  }

  /** Whatever comes, only the caller is to blame, and it takes no time. */
  @Test
  void mutatedRequestsAreTheCallersFault() throws Exception {
    List<Target> targets = RequestFuzzTest.targets();
    int count = Integer.getInteger("requests", SOAK ? 1_000_000 : 1000);
    long worst = 0;
    for (int i = 0; i < count; i++) {
      Target target = targets.get(i % targets.size());
      byte[] file = target.file(Fuzzer.decisions(i));
      long start = System.nanoTime();
      HttpResponse<byte[]> answer = send(target.name(), file);
      worst = Math.max(worst, System.nanoTime() - start);
      if (target.name().equals("infer-grpc") && answer.statusCode() == 200) {
        assertThat(answer.headers().firstValue("grpc-status").orElse("0"))
            .as("request %s", i)
            .isIn("0", "3", "5", "8", "12");
      } else {
        assertThat(answer.statusCode())
            .as("request %s: %s", i, new String(answer.body(), StandardCharsets.UTF_8))
            .matches(status -> status == 200 || status >= 400 && status < 500);
      }
    }
    assertThat(Duration.ofNanos(worst)).isLessThan(Duration.ofSeconds(SOAK ? 1 : 10));
  }

  private static HttpResponse<byte[]> send(String target, byte[] file) throws Exception {
    return switch (target) {
      case "infer-binary" -> {
        int json = file.length < 2 ? 0 : (file[0] & 0xff) << 8 | file[1] & 0xff;
        byte[] body = java.util.Arrays.copyOfRange(file, Math.min(2, file.length), file.length);
        yield server.post(INFER, body, "Inference-Header-Content-Length", Integer.toString(json));
      }
      case "infer-grpc" ->
          server.post(
              "/inference.GRPCInferenceService/ModelInfer",
              file,
              "Content-Type",
              "application/grpc");
      case "form" -> server.post("/classify", file, "Content-Type", RequestFuzzTest.FORM);
      default -> server.post(INFER, file);
    };
  }

  @Test
  void countsWhatItRefuses() throws Exception {
    server.post(
        "/inference.GRPCInferenceService/ModelInfer",
        RequestFuzzTest.frame(
            ModelInferRequest.newBuilder().setModelName("none").build().toByteArray()),
        "Content-Type",
        "application/grpc");
    assertThat(metrics()).contains("mobilenet4j_refused_total{reason=\"not_found\"}");
  }
}

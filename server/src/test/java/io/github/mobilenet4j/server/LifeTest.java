package io.github.mobilenet4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.server.models.ModelSpec;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LifeTest {
  private static final String INFER = "/v2/models/small/infer";
  private static final byte[] IMAGES = TestServer.bytes(TestServer.values(2));

  private static HttpRequest request(TestServer server, HttpClient.Version version) {
    return HttpRequest.newBuilder(server.uri(INFER))
        .version(version)
        .header("Inference-Header-Content-Length", "0")
        .POST(BodyPublishers.ofByteArray(IMAGES))
        .build();
  }

  /** Clients that call without pause, and what became of their calls. */
  private static final class Load {
    final AtomicInteger answered = new AtomicInteger();
    final List<String> lost = new ArrayList<>();
    final AtomicBoolean over = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();

    Load(TestServer server, HttpClient.Version version) {
      for (int i = 0; i < 4; i++) {
        HttpRequest request = request(server, version);
        threads.add(Thread.ofVirtual().start(() -> run(server.client, request)));
      }
    }

    private void run(HttpClient client, HttpRequest request) {
      while (!over.get()) {
        try {
          HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
          if (answer.statusCode() == 200) {
            answered.incrementAndGet();
          } else {
            lose(answer.statusCode() + " " + answer.body());
          }
        } catch (ConnectException _) {
          return; // Nobody has accepted it.
        } catch (Exception e) {
          lose(e.toString());
          return;
        }
      }
    }

    private synchronized void lose(String why) {
      lost.add(why);
    }

    void await(int count) throws InterruptedException {
      int before = answered.get();
      for (int i = 0; i < 1000 && answered.get() < before + count; i++) {
        Thread.sleep(10);
      }
    }

    void end() throws InterruptedException {
      over.set(true);
      for (Thread thread : threads) {
        thread.join(Duration.ofSeconds(20));
      }
      assertThat(lost).isEmpty();
      assertThat(answered.get()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = HttpClient.Version.class,
      names = {"HTTP_1_1", "HTTP_2"})
  void answersAllThatItHasAcceptedBeforeItEnds(HttpClient.Version version) throws Exception {
    ServerOptions options =
        TestServer.OPTIONS.with(
            new ServerOptions.Life(Duration.ofMillis(500), Duration.ofSeconds(20)));
    try (TestServer server = new TestServer(options)) {
      Load load = new Load(server, version);
      load.await(20);
      Thread drain = Thread.ofVirtual().start(server.server::drain);
      Thread.sleep(100);
      assertThat(server.server.isReady()).isFalse();
      HttpResponse<String> ready = server.get("/v2/health/ready");
      assertThat(ready.statusCode()).isEqualTo(503);
      assertThat(server.get("/v2/health/live").statusCode()).isEqualTo(200);
      drain.join();
      load.end();
    }
  }

  @Test
  void replacesAModelUnderLoad(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("model.safetensors");
    Model first = TestServer.model(1);
    ModelFile.write(file, first);
    ModelSpec spec = new ModelSpec("small", "1", Optional.of(file), () -> ModelFile.read(file));
    try (TestServer server = new TestServer(TestServer.OPTIONS, List.of(spec))) {
      Load load = new Load(server, HttpClient.Version.HTTP_1_1);
      load.await(10);
      String before = server.post(INFER, IMAGES, "Inference-Header-Content-Length", "0").toString();
      byte[] old = answer(server);
      ModelFile.write(file, TestServer.model(2));
      Files.setLastModifiedTime(file, FileTime.fromMillis(1));
      assertThat(answer(server)).as(before).isEqualTo(old);
      assertThat(server.post("/v2/repository/models/small/load", "").statusCode()).isEqualTo(200);
      assertThat(answer(server)).isNotEqualTo(old);
      Files.writeString(file, "nothing");
      HttpResponse<String> broken = server.post("/v2/repository/models/small/load", "");
      assertThat(broken.statusCode()).isEqualTo(400);
      assertThat(broken.body()).contains("model.safetensors");
      assertThat(server.get("/v2/models/small/ready").statusCode()).isEqualTo(200);
      load.await(10);
      load.end();
    }
  }

  private static byte[] answer(TestServer server) throws Exception {
    return server.post(INFER, IMAGES, "Inference-Header-Content-Length", "0").body();
  }

  @Test
  void isAliveBeforeItIsReady() throws Exception {
    CountDownLatch warm = new CountDownLatch(1);
    Model model = TestServer.model(1);
    ModelSpec spec =
        new ModelSpec(
            "small",
            "1",
            Optional.empty(),
            () -> {
              try {
                warm.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return model;
            });
    try (InferenceServer server = new InferenceServer(TestServer.OPTIONS, List.of(spec));
        HttpClient client = HttpClient.newHttpClient()) {
      Thread start = Thread.ofVirtual().start(server::start);
      while (server.port() <= 0) {
        Thread.sleep(5);
      }
      String host = "http://127.0.0.1:" + server.port();
      assertThat(status(client, host + "/v2/health/live")).isEqualTo(200);
      assertThat(status(client, host + "/v2/health/ready")).isEqualTo(503);
      assertThat(status(client, host + "/v2/models/small/ready")).isEqualTo(503);
      assertThat(status(client, host + "/v2/models/small")).isEqualTo(503);
      warm.countDown();
      start.join();
      assertThat(status(client, host + "/v2/health/ready")).isEqualTo(200);
      client.shutdownNow();
    }
  }

  private static int status(HttpClient client, String address) throws Exception {
    return client
        .send(
            HttpRequest.newBuilder(java.net.URI.create(address)).build(), BodyHandlers.discarding())
        .statusCode();
  }

  @Test
  void saysThatAPortIsTaken() {
    try (TestServer server = new TestServer()) {
      ServerOptions same =
          TestServer.OPTIONS.with(ServerOptions.Address.DEFAULT.withPort(server.server.port()));
      assertThatThrownBy(() -> new TestServer(same))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("port " + server.server.port());
    }
  }
}

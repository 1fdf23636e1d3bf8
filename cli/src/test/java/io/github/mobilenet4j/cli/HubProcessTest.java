package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.mobilenet4j.formats.SafetensorsExport;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that name a model of a hub on this machine. */
class HubProcessTest {
  private static final String NAME = "hf:timm/net";
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final List<String> FILES = List.of("config.json", "model.safetensors");

  @TempDir private Path temporary;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private Path photo;

  @BeforeEach
  void start() throws IOException {
    new SafetensorsExport(Dialect.TIMM, DataType.F32)
        .write(
            temporary.resolve("model.safetensors"),
            Untrained.model(
                MobileNetV1.builder()
                    .widthMultiplier(0.25)
                    .resolution(32)
                    .classes(3)
                    .padding(Padding.SYMMETRIC)
                    .build(),
                List.of("cat", "dog", "été")));
    photo = temporary.resolve("photo.png");
    ImageIO.write(new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB), "png", photo.toFile());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      requests.add(path);
      byte[] body =
          path.startsWith("/api/")
              ? listing().getBytes()
              : Files.readAllBytes(temporary.resolve(path.substring(path.lastIndexOf('/') + 1)));
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private String listing() throws IOException {
    List<String> files = new ArrayList<>();
    for (String file : FILES) {
      files.add(
          "{\"rfilename\": \"%s\", \"lfs\": {\"sha256\": \"%s\"}}"
              .formatted(file, sha256(Files.readAllBytes(temporary.resolve(file)))));
    }
    return "{\"sha\": \"%s\", \"siblings\": %s}".formatted(COMMIT, files);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A process of the command, and what it prints. */
  private record Running(Process process, Path out, Path err) {
    Run result() throws IOException, InterruptedException {
      int exitCode = process.waitFor();
      return new Run(exitCode, Files.readString(out), Files.readString(err));
    }
  }

  private Running start(Map<String, String> environment, String... args) throws IOException {
    return launch(environment, List.of(), args);
  }

  private Running launch(Map<String, String> environment, List<String> launcher, String... args)
      throws IOException {
    List<String> command = new ArrayList<>(launcher);
    command.addAll(Run.process(args));
    Path out = Files.createTempFile(temporary, "out", "");
    Path err = Files.createTempFile(temporary, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    Stream.of("HF_TOKEN", "HF_HUB_OFFLINE", "MOBILENET4J_OFFLINE", "HTTP_PROXY", "http_proxy")
        .forEach(builder.environment()::remove);
    builder.environment().put("HF_ENDPOINT", "http://127.0.0.1:" + server.getAddress().getPort());
    builder.environment().put("MOBILENET4J_CACHE", temporary.resolve("cache").toString());
    builder.environment().putAll(environment);
    return new Running(builder.start(), out, err);
  }

  @Test
  void twoProcessesDownloadOnceAndThenNobodyDoes() throws IOException, InterruptedException {
    String[] classify = {"classify", "--json", "--model", NAME, photo.toString()};
    List<Running> both = List.of(start(Map.of(), classify), start(Map.of(), classify));
    for (Running one : both) {
      Run run = one.result();
      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.json()).singleElement().asString().contains("été");
    }
    assertThat(requests)
        .containsExactly(
            "/api/models/timm/net/revision/main",
            "/timm/net/resolve/" + COMMIT + "/config.json",
            "/timm/net/resolve/" + COMMIT + "/model.safetensors");
    String said = both.get(0).result().err() + both.get(1).result().err();
    assertThat(said.lines().filter(line -> line.startsWith("mobilenet4j: downloading ")))
        .hasSize(2)
        .anyMatch(line -> line.matches(".*/model.safetensors \\([0-9.]+ kB\\) to /.*"));

    Run offline = start(Map.of("HF_HUB_OFFLINE", "1"), classify).result();
    assertThat(offline.exitCode()).as(offline.err()).isZero();
    assertThat(offline.err()).isEmpty();
    Run other = start(Map.of(), "info", "--offline", "--model", "hf:timm/other").result();
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err())
        .startsWith("mobilenet4j: hf:timm/other: is not in the cache")
        .hasLineCount(1);
    assertThat(requests).hasSize(FILES.size() + 1);
  }

  @Test
  void fetchPrintsWhereTheModelLies() throws IOException, InterruptedException {
    Path there = temporary.resolve("cache/hf/timm/net").resolve(COMMIT);
    for (int i = 1; i <= 2; i++) {
      Run run = start(Map.of(), "fetch", NAME).result();
      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.out()).isEqualTo(there.resolve("model.safetensors") + "\n");
    }
    // It asks whether there is something newer, and there is not.
    assertThat(requests.stream().collect(Collectors.groupingBy(r -> r, Collectors.counting())))
        .containsEntry("/api/models/timm/net/revision/main", 2L)
        .containsEntry("/timm/net/resolve/" + COMMIT + "/model.safetensors", 1L);
    Path onnx = temporary.resolve("net.onnx");
    Run run = start(Map.of(), "export", "--offline", NAME, onnx.toString()).result();
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(onnx).exists();
  }

  /** A limit of the size of files stands for a full disk. */
  @Test
  void diskFull() throws IOException, InterruptedException {
    List<String> limited = List.of("sh", "-c", "ulimit -f 100 && exec \"$@\"", "sh");
    Run run = launch(Map.of(), limited, "fetch", NAME).result();
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("cannot write", "model.safetensors.part: File too large");
    run = start(Map.of(), "fetch", NAME).result();
    assertThat(run.exitCode()).as(run.err()).isZero();
  }
}

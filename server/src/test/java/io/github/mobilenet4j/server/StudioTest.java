package io.github.mobilenet4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.server.studio.Studio;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StudioTest {
  private static final Path SAMPLES =
      Path.of(System.getProperty("mobilenet4j.root")).resolve("samples");

  @TempDir private Path folder;

  private InferenceServer server;
  private Studio studio;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void open() {
    server =
        new InferenceServer(
            TestServer.OPTIONS,
            List.of(TestServer.spec("small", TestServer.model(1))),
            models -> {
              studio = new Studio(folder.resolve("projects"), models);
              return studio.routes();
            });
    server.start();
  }

  @AfterEach
  void close() {
    client.close();
    studio.close();
    server.close();
  }

  private HttpResponse<String> call(String method, String path, byte[] body)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + "/studio/api/" + path);
    return client.send(
        HttpRequest.newBuilder(uri).method(method, BodyPublishers.ofByteArray(body)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> call(String method, String path)
      throws IOException, InterruptedException {
    return call(method, path, new byte[0]);
  }

  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8);
  }

  private static void requireRefused(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isBetween(400, 499);
    assertThat(answer.body()).startsWith("{\"error\":");
  }

  /** Whatever somebody calls a thing, nothing is written or read outside of the projects. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "..", ".", "../outside", "..\\outside", "/etc", "a/b", "a\\b", ".studio", ".hidden", "",
        " ", "a\u0000b", "con", "NUL.txt", "a.", "C:", "a:b", "a*", "-rf", "\u202eevil",
        "../projects/pets/cat"
      })
  void namesLeadNowhere(String name) throws IOException, InterruptedException {
    call("POST", "projects?name=pets");
    call("POST", "class?project=pets&name=cat");
    byte[] image = Files.readAllBytes(SAMPLES.resolve("koala.jpg"));
    assertThat(call("POST", "image?project=pets&class=cat", image).statusCode()).isEqualTo(200);
    Files.write(folder.resolve("outside"), image);
    String evil = encoded(name);
    requireRefused(call("POST", "projects?name=" + evil));
    requireRefused(call("GET", "project?project=" + evil));
    requireRefused(call("POST", "class?project=pets&name=" + evil));
    requireRefused(call("PUT", "class?project=pets&class=cat&name=" + evil));
    requireRefused(call("DELETE", "class?project=pets&class=" + evil));
    requireRefused(call("POST", "image?project=pets&class=" + evil, image));
    requireRefused(call("GET", "image?project=pets&class=cat&name=" + evil));
    requireRefused(call("GET", "image?project=pets&class=" + evil + "&name=outside"));
    requireRefused(call("DELETE", "image?project=pets&class=cat&name=" + evil));
    requireRefused(call("POST", "export?project=pets&format=" + evil));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsOnly(folder.resolve("outside"), folder.resolve("projects"));
    }
    try (Stream<Path> files = Files.list(folder.resolve("projects/pets/cat"))) {
      assertThat(files).hasSize(1);
    }
  }

  /** A training reads the folder as it is; what is removed can be had back. */
  @Test
  void aProjectIsAFolderOfImages() throws IOException, InterruptedException {
    call("POST", "projects?name=pets");
    for (String name : List.of("bison", "koala", "pig")) {
      assertThat(call("POST", "class?project=pets&name=" + name).statusCode()).isEqualTo(200);
      byte[] image = Files.readAllBytes(SAMPLES.resolve(name + ".jpg"));
      for (int twice = 0; twice < 2; twice++) {
        call("POST", "image?project=pets&class=" + name, image);
      }
    }
    Path project = folder.resolve("projects/pets");
    Splits splits = Splits.read(project, Splits.Fractions.NONE);
    assertThat(splits.train().classes()).containsExactly("bison", "koala", "pig");
    assertThat(splits.train().size()).isEqualTo(3);
    requireRefused(call("POST", "class?project=pets&name=test"));
    requireRefused(call("POST", "class?project=pets&name=Koala"));
    requireRefused(call("POST", "image?project=pets&class=pig", new byte[] {1, 2, 3}));
    requireRefused(call("POST", "training?project=pets&epochs=1000"));
    assertThat(call("DELETE", "class?project=pets&class=pig").statusCode()).isEqualTo(200);
    try (Stream<Path> removed = Files.list(project.resolve(".studio/removed/pig"))) {
      assertThat(removed).hasSize(1);
    }
    assertThat(Splits.read(project, Splits.Fractions.NONE).train().size()).isEqualTo(2);
  }
}

package io.github.mobilenet4j.spring.upload;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

/** The application answers over HTTP as its users see it. */
@SpringBootTest(
    webEnvironment = WebEnvironment.RANDOM_PORT,
    properties = {
      "management.endpoint.health.show-details=always",
      "management.endpoints.web.exposure.include=health,metrics"
    })
class UploadTest {
  private static final Path KOALA =
      Path.of(System.getProperty("mobilenet4j.root"), "samples", "koala.jpg");

  @LocalServerPort private int port;
  @Autowired private MeterRegistry registry;

  @Test
  void anUploadIsClassified() throws IOException, InterruptedException {
    HttpResponse<String> response = upload(Files.readAllBytes(KOALA));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body())
        .startsWith("[{\"index\":12,\"label\":\"koala\",\"probability\":0.99");
    HttpResponse<String> bytes = post("/bytes", "image/jpeg", Files.readAllBytes(KOALA));
    assertThat(bytes.body()).isEqualTo(response.body());
    assertThat(registry.timer("mobilenet4j.calls", "outcome", "success").count()).isPositive();
    assertThat(get("/actuator/metrics/mobilenet4j.calls").body()).contains("\"outcome\"");
  }

  @Test
  void whatIsNoImageIsABadRequest() throws IOException, InterruptedException {
    long before = registry.timer("mobilenet4j.calls", "outcome", "image").count();
    for (byte[] upload :
        new byte[][] {
          "no image".getBytes(StandardCharsets.US_ASCII),
          new byte[1],
          Arrays.copyOf(Files.readAllBytes(KOALA), 1000)
        }) {
      HttpResponse<String> response = upload(upload);
      assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
      assertThat(response.headers().firstValue("content-type").orElseThrow())
          .startsWith("application/problem+json");
      assertThat(response.body()).contains("\"detail\":\"the image: ");
    }
    assertThat(registry.timer("mobilenet4j.calls", "outcome", "image").count())
        .isEqualTo(before + 3);
  }

  @Test
  void healthTellsOfTheModel() throws IOException, InterruptedException {
    HttpResponse<String> response = get("/actuator/health");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body())
        .contains("\"input\":\"192×192\",\"classes\":202},\"status\":\"UP\"}");
  }

  private HttpResponse<String> upload(byte[] image) throws IOException, InterruptedException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(
        """
        --line\r
        Content-Disposition: form-data; name="image"; filename="a.png"\r
        Content-Type: image/png\r
        \r
        """
            .getBytes(StandardCharsets.US_ASCII));
    body.writeBytes(image);
    body.writeBytes("\r\n--line--\r\n".getBytes(StandardCharsets.US_ASCII));
    return post("/classify", "multipart/form-data; boundary=line", body.toByteArray());
  }

  private HttpResponse<String> post(String path, String type, byte[] body)
      throws IOException, InterruptedException {
    return send(request(path).header("content-type", type).POST(BodyPublishers.ofByteArray(body)));
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request.build(), BodyHandlers.ofString());
    }
  }
}

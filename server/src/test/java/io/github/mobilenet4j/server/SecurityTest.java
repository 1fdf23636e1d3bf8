package io.github.mobilenet4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecurityTest {
  private static final String LOOPBACK = "127.0.0.1";
  private static final String INDEX = "/v2/repository/index";

  private static ServerOptions options(String host, String token, Set<String> origins) {
    return TestServer.OPTIONS.with(
        new ServerOptions.Address(
            host, 0, Optional.ofNullable(token), Set.of(), origins, Optional.empty()));
  }

  private static int status(TestServer server, String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path));
    if (path.equals(INDEX)) {
      request.POST(BodyPublishers.noBody());
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    return server.client.send(request.build(), BodyHandlers.ofString()).statusCode();
  }

  /** Returns the first line of an answer to what no client would send. */
  private static String raw(TestServer server, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1)
          .lines()
          .findFirst()
          .orElse("");
    }
  }

  @Test
  void asksForTheToken() throws Exception {
    try (TestServer server = new TestServer(options(LOOPBACK, "secret", Set.of()))) {
      assertThat(status(server, "/v2/health/live")).isEqualTo(200);
      assertThat(status(server, "/v2/health/ready")).isEqualTo(200);
      for (String path : new String[] {"/v2", "/v2/models/small", "/metrics", INDEX}) {
        assertThat(status(server, path)).as(path).isEqualTo(401);
        assertThat(status(server, path, "Authorization", "Bearer secre")).isEqualTo(401);
        assertThat(status(server, path, "Authorization", "Basic secret")).isEqualTo(401);
        assertThat(status(server, path, "Authorization", "bearer secret")).isEqualTo(200);
      }
      HttpResponse<byte[]> grpc =
          server.post(
              "/inference.GRPCInferenceService/ModelInfer",
              new byte[5],
              "Content-Type",
              "application/grpc");
      assertThat(grpc.statusCode()).isEqualTo(200);
      assertThat(grpc.headers().firstValue("grpc-status")).hasValue("16");
    }
  }

  @Test
  void withoutATokenNobodyElsewhereManages() throws Exception {
    try (TestServer server = new TestServer(options("0.0.0.0", null, Set.of()))) {
      assertThat(status(server, "/v2/models/small")).isEqualTo(200);
      assertThat(status(server, INDEX)).isEqualTo(403);
    }
  }

  @Test
  void isThereForItsOwnHostAlone() throws Exception {
    try (TestServer server = new TestServer()) {
      String request = "GET /v2 HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n";
      assertThat(raw(server, request.replace("%s", "localhost:1"))).contains("200");
      assertThat(raw(server, request.replace("%s", "[::1]"))).contains("200");
      assertThat(raw(server, request.replace("%s", "evil.example"))).contains("421");
      assertThat(raw(server, "GET /v2 HTTP/1.1\r\n\r\n")).contains("400");
    }
  }

  @Test
  void pagesOfOthersMayNotCall() throws Exception {
    try (TestServer server =
        new TestServer(options(LOOPBACK, null, Set.of("https://friend.example")))) {
      String own = "http://127.0.0.1:" + server.server.port();
      assertThat(status(server, INDEX, "Origin", own)).isEqualTo(200);
      assertThat(status(server, INDEX, "Origin", "http://127.0.0.1:1")).isEqualTo(403);
      assertThat(status(server, INDEX, "Origin", "https://evil.example")).isEqualTo(403);
      assertThat(status(server, INDEX, "Origin", "null")).isEqualTo(403);
      HttpResponse<String> friend =
          server.client.send(
              HttpRequest.newBuilder(server.uri("/v2"))
                  .header("Origin", "https://friend.example")
                  .build(),
              BodyHandlers.ofString());
      assertThat(friend.statusCode()).isEqualTo(200);
      assertThat(friend.headers().firstValue("access-control-allow-origin"))
          .hasValue("https://friend.example");
      HttpResponse<String> preflight =
          server.client.send(
              HttpRequest.newBuilder(server.uri("/v2/models/small/infer"))
                  .method("OPTIONS", BodyPublishers.noBody())
                  .header("Origin", "https://friend.example")
                  .header("Access-Control-Request-Method", "POST")
                  .header("Access-Control-Request-Headers", "Authorization")
                  .build(),
              BodyHandlers.ofString());
      assertThat(preflight.headers().firstValue("access-control-allow-headers").orElse(""))
          .contains("Authorization");
      assertThat(friend.headers().firstValue("content-security-policy").orElse(""))
          .startsWith("default-src 'self'");
    }
  }

  private static Path file(String name) throws Exception {
    return Path.of(SecurityTest.class.getResource("/tls/" + name).toURI());
  }

  private static ServerOptions secure(Path certificate, Path key) {
    return TestServer.OPTIONS.with(
        new ServerOptions.Address(
            LOOPBACK,
            0,
            Optional.empty(),
            Set.of(),
            Set.of(),
            Optional.of(new ServerOptions.Tls(certificate, key))));
  }

  @Test
  void speaksTls() throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (var in = Files.newInputStream(file("certificate.pem"))) {
      trusted.setCertificateEntry(
          "test", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    try (TestServer server = new TestServer(secure(file("certificate.pem"), file("key.pem")));
        HttpClient client = HttpClient.newBuilder().sslContext(context).build()) {
      for (HttpClient.Version version : HttpClient.Version.values()) {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(
                        java.net.URI.create("https://127.0.0.1:" + server.server.port() + "/v2"))
                    .version(version)
                    .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(version);
      }
      client.shutdownNow();
    }
  }

  @Test
  void saysWhichKeyItNeeds(@TempDir Path folder) throws Exception {
    Path old = folder.resolve("old.pem");
    Files.writeString(
        old, "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    assertThatThrownBy(() -> new TestServer(secure(file("certificate.pem"), old)))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("openssl pkcs8");
    assertThatThrownBy(() -> new TestServer(secure(file("key.pem"), file("key.pem"))))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("no certificate");
    assertThatThrownBy(() -> new TestServer(secure(folder.resolve("none"), old)))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("no such file");
  }
}

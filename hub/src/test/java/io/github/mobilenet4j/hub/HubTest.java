package io.github.mobilenet4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubTest {
  private static final String NAME = "hf:timm/net";
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final String NEWER = "f".repeat(40);
  private static final String LISTING = "/api/models/timm/net/revision/main?blobs=true";
  private static final String FOLDER = "/timm/net/resolve/" + COMMIT + "/";
  private static final String WEIGHTS = FOLDER + "model.safetensors";
  private static final byte[] CONFIG = "{}".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] BODY = new byte[1 << 18];

  static {
    new Random(1).nextBytes(BODY);
  }

  @TempDir Path cache;
  private HubServer server;
  private final List<String> waits = new ArrayList<>();
  private final DownloadListener listener =
      new DownloadListener() {
        @Override
        public void waits(String why) {
          waits.add(why);
        }
      };

  @BeforeEach
  void start() throws IOException {
    server = new HubServer();
    server.on(LISTING, listingReply());
    server.on(FOLDER + "config.json", HubServer.ok(CONFIG));
    server.on(WEIGHTS, HubServer.file(BODY, "t"));
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private Hub.Builder builder() {
    return new Hub.Builder(Map.of())
        .cache(cache)
        .huggingFace(server.url())
        .keras(server.url().resolve("/keras/"))
        .waits(Duration.ofSeconds(20), Duration.ofMillis(1));
  }

  private Path fetch() {
    return builder().build().fetch(NAME, listener);
  }

  private Path fetchHastily() {
    return builder()
        .waits(Duration.ofSeconds(2), Duration.ofMillis(1))
        .build()
        .fetch(NAME, listener);
  }

  private Path weights() {
    return cache.resolve("hf/timm/net").resolve(COMMIT).resolve("model.safetensors");
  }

  private static HubServer.Reply listingReply() {
    return HubServer.text(listing(COMMIT, Map.of("model.safetensors", BODY), "config.json"));
  }

  /** The answer of the hub's API, with as much of it as is read and some more. */
  private static String listing(String commit, Map<String, byte[]> large, String... small) {
    return "{\"id\": \"timm/net\", \"sha\": \"%s\", \"siblings\": [%s]}"
        .formatted(
            commit,
            Stream.concat(
                    large.entrySet().stream()
                        .map(file ->
                            """
                            {"rfilename": "%1$s", "size": %2$s, "blobId": "%4$s",
                            "lfs": {"sha256": "%3$s", "size": %2$s, "pointerSize": 134}}
                            """
                                .formatted(
                                    file.getKey(),
                                    file.getValue().length,
                                    hex("SHA-256", file.getValue()),
                                    "b".repeat(40))),
                    Stream.of(small)
                        .map(name ->
                            "{\"rfilename\": \"%s\", \"size\": %s, \"blobId\": \"%s\"}"
                                .formatted(name, CONFIG.length, gitBlob(CONFIG))))
                .collect(Collectors.joining(",")));
  }

  private static byte[] digest(String algorithm, byte[] bytes) {
    try {
      return MessageDigest.getInstance(algorithm).digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String hex(String algorithm, byte[] bytes) {
    return HexFormat.of().formatHex(digest(algorithm, bytes));
  }

  private static String gitBlob(byte[] bytes) {
    byte[] header = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[header.length + bytes.length];
    System.arraycopy(header, 0, all, 0, header.length);
    System.arraycopy(bytes, 0, all, header.length, bytes.length);
    return hex("SHA-1", all);
  }

  private static void assertFails(Callable<Path> fetch, String... messages) {
    assertThatThrownBy(fetch::call)
        .isInstanceOf(MobileNetException.class)
        .hasMessageContainingAll(messages);
  }

  @Test
  void downloadsOnce() throws IOException {
    Path file = fetch();
    assertThat(file).isEqualTo(weights()).hasBinaryContent(BODY);
    assertThat(file.resolveSibling("config.json")).hasBinaryContent(CONFIG);
    assertThat(file.resolveSibling("SHA256SUMS"))
        .hasContent(
            "%s  config.json\n%s  model.safetensors\n"
                .formatted(hex("SHA-256", CONFIG), hex("SHA-256", BODY)));
    assertThat(cache.resolve("hf/timm/net/main.commit")).hasContent(COMMIT + "\n");
    assertThat(server.targets()).containsExactly(LISTING, FOLDER + "config.json", WEIGHTS);

    server.close();
    assertThat(fetch()).isEqualTo(file);
    assertThat(builder().offline(true).build().fetch(NAME + "@" + COMMIT)).isEqualTo(file);
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("SHA256SUMS", "config.json", "hub.json", "model.safetensors");
    }
  }

  @Test
  void goesOnWhereTheConnectionBroke() {
    server.on(
        WEIGHTS,
        HubServer.cut(BODY, "t", 150_000),
        HubServer.cut(BODY, "t", 150_001),
        HubServer.file(BODY, "t"));
    assertThat(fetch()).hasBinaryContent(BODY);
    assertThat(waits).hasSize(2).allSatisfy(w -> assertThat(w).contains("broke off", "again"));
    assertThat(server.requests.stream().map(r -> r.header("Range")).skip(2))
        .containsExactly(null, "bytes=150000-", "bytes=150001-");
    assertThat(server.requests.getLast().header("If-Range")).isEqualTo("\"t\"");
  }

  @Test
  void anyNumberOfTriesIsRightAsLongAsEachBringsAlong() {
    byte[] body = new byte[10 << 20];
    server.on(LISTING, HubServer.text(listing(COMMIT, Map.of("model.safetensors", body))));
    server.on(
        WEIGHTS,
        IntStream.rangeClosed(1, 8)
            .mapToObj(i -> HubServer.cut(body, "t", i * body.length / 8))
            .toArray(HubServer.Reply[]::new));
    assertThat(fetch()).hasBinaryContent(body);
    assertThat(waits).hasSize(7);
  }

  @Test
  void givesUpWhereTheWayEndsAtTheSamePlaceAgainAndAgain() {
    byte[] body = new byte[3 << 20];
    server.on(LISTING, HubServer.text(listing(COMMIT, Map.of("model.safetensors", body))));
    HubServer.Reply cutWithoutATag =
        (_, out) -> {
          out.write("HTTP/1.1 200 -\r\nContent-Length: 3145728\r\n\r\n".getBytes());
          out.write(body, 0, 2 << 20);
        };
    server.on(WEIGHTS, cutWithoutATag);
    assertFails(this::fetch, NAME, "broke off", "tried 4 times");
  }

  @Test
  void goesOnInALaterProcess() {
    server.on(WEIGHTS, HubServer.cut(BODY, "t", 70_000));
    assertFails(this::fetch, NAME, "broke off", "tried 4 times");
    assertThat(weights()).doesNotExist();
    server.on(WEIGHTS, HubServer.file(BODY, "t"));
    assertThat(fetch()).hasBinaryContent(BODY);
    assertThat(server.requests.getLast().header("Range")).isEqualTo("bytes=70000-");
  }

  @Test
  void beginsAgainWhereAServerKnowsNoParts() {
    server.on(WEIGHTS, HubServer.cut(BODY, "t", 1000), HubServer.ok(BODY, "ETag: \"t\""));
    assertThat(fetch()).hasBinaryContent(BODY);
    assertThat(server.requests.getLast().header("Range")).isEqualTo("bytes=1000-");
  }

  @Test
  void beginsAgainWhereTheFileBecameAnother() {
    server.on(WEIGHTS, HubServer.cut(BODY, "old", 1000), HubServer.file(BODY, "new"));
    assertThat(fetch()).hasBinaryContent(BODY);
  }

  @Test
  void asksForNoPartOfAFileWithoutATag() {
    server.on(
        WEIGHTS,
        (_, out) -> out.write("HTTP/1.1 200 -\r\nContent-Length: 262144\r\n\r\nabc".getBytes()),
        HubServer.file(BODY, "t"));
    assertThat(fetch()).hasBinaryContent(BODY);
    assertThat(server.requests.getLast().header("Range")).isNull();
  }

  @Test
  void refusesAnotherPartThanItAskedFor() {
    HubServer.Reply liar =
        (_, out) ->
            out.write(
                ("HTTP/1.1 206 -\r\nContent-Length: 3\r\nConnection: close\r\n"
                        + "Content-Range: bytes 0-2/262144\r\n\r\nabc")
                    .getBytes());
    server.on(WEIGHTS, HubServer.cut(BODY, "t", 1000), liar, liar, HubServer.file(BODY, "t"));
    assertThat(fetch()).hasBinaryContent(BODY);
    assertThat(waits).hasSize(3);
  }

  @Test
  void beginsAgainWhereNothingIsLeftToSend() {
    server.on(
        WEIGHTS, HubServer.cut(BODY, "t", 1000), HubServer.status(416), HubServer.file(BODY, "t"));
    assertThat(fetch()).hasBinaryContent(BODY);
    assertThat(server.requests.getLast().header("Range")).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 1 << 18, 1 << 19})
  void aDamagedBeginningIsThrownAway(int length) throws IOException {
    Files.createDirectories(weights().getParent());
    Files.write(weights().resolveSibling("model.safetensors.part"), new byte[length]);
    Files.writeString(weights().resolveSibling("model.safetensors.part.etag"), "\"t\"");
    assertThat(fetch()).hasBinaryContent(BODY);
  }

  @Test
  void refusesAnotherSizeThanAnnounced() {
    server.on(WEIGHTS, HubServer.ok(new byte[10]));
    assertFails(this::fetch, NAME, WEIGHTS, "10 bytes", "262144");
    assertThat(weights()).doesNotExist();
  }

  @Test
  void refusesOtherBytes() {
    server.on(WEIGHTS, HubServer.file(new byte[BODY.length], "t"));
    assertFails(
        this::fetch,
        WEIGHTS,
        "SHA-256 " + hex("SHA-256", new byte[BODY.length]),
        "expected " + hex("SHA-256", BODY));
    assertThat(weights()).doesNotExist();
    assertThat(weights().resolveSibling("model.safetensors.part")).doesNotExist();
    server.on(FOLDER + "config.json", HubServer.text("[]"));
    assertThat(weights().resolveSibling("config.json").toFile().delete()).isTrue();
    assertFails(this::fetch, "git blob SHA-1", gitBlob(CONFIG));
  }

  @Test
  void refusesABodyThatDoesNotEnd() {
    server.on(WEIGHTS, HubServer.endless());
    assertFails(this::fetch, "more than the 262144 bytes");
    assertThat(weights().resolveSibling("model.safetensors.part")).doesNotExist();
    server.on(LISTING.replace("main", "other"), HubServer.endless());
    assertFails(() -> builder().build().fetch(NAME + "@other"), "longer than 4194304 bytes");
  }

  @Test
  void refusesWhatNoModelOfThisKindIs() {
    server.on(
        "/keras/mobilenet_1_0_224_tf.h5",
        (_, out) ->
            out.write("HTTP/1.1 200 -\r\nContent-Length: 1099511627776\r\n\r\nabc".getBytes()));
    assertFails(() -> builder().build().fetch("keras:1.0_224"), "1099511627776", "at most");
  }

  @ParameterizedTest
  @CsvSource({
    "404, 'no such model, revision or file'",
    "401, HF_TOKEN",
    "403, HF_TOKEN",
    "400, status 400",
    "418, status 418"
  })
  void saysWhatTheServerRefuses(int status, String message) {
    server.on(LISTING, HubServer.status(status, "X-Error-Message: it is \u009b1m"));
    assertFails(this::fetch, NAME, LISTING, message, "\\u009b1m");
    assertThat(waits).isEmpty();
    assertThat(cache.resolve("hf/timm/net/main.commit")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void triesAgainWhereAServerIsBusy(int status) {
    server.on(WEIGHTS, HubServer.status(status), HubServer.file(BODY, "t"));
    assertThat(fetch()).hasBinaryContent(BODY);
    assertThat(waits).singleElement().asString().contains("status " + status, "again in 0 s");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Retry-After: 1", "RateLimit: \"resolvers\";r=0;t=1"})
  void waitsAsLongAsTheServerAsks(String header) {
    server.on(LISTING, HubServer.status(429, header), HubServer.text(listing(COMMIT, Map.of())));
    long start = System.nanoTime();
    assertFails(this::fetch, "no file of weights");
    assertThat(System.nanoTime() - start).isGreaterThan(1_000_000_000L);
    assertThat(waits).singleElement().asString().contains("again in 1 s");
  }

  @Test
  void doesNotWaitForEver() {
    server.on(LISTING, HubServer.status(503, "Retry-After: 3600"));
    assertFails(this::fetch, "status 503", "3600 s");
  }

  @Test
  void anAnswerThatIsNoneIsNotBelieved() {
    server.on(LISTING, (_, out) -> out.write("lorem ipsum\r\n\r\n".getBytes()));
    assertFails(this::fetch, "127.0.0.1", "tried 4 times");
  }

  @Test
  void showsNoControlCharacters() {
    server.on(LISTING, HubServer.status(404, "X-Error-Message: \u001b[31m"));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(MobileNetException.class)
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("\u001b");
  }

  @Test
  void triesAgainWhereNobodyAnswers() {
    server.on(LISTING, HubServer.silence(), listingReply());
    assertThat(fetchHastily()).hasBinaryContent(BODY);
    assertThat(waits).singleElement().asString().contains("no answer for 2 s");
  }

  @Test
  void triesAgainWhereBytesComeTooSlowly() {
    server.on(WEIGHTS, HubServer.drip(BODY), HubServer.file(BODY, "d"));
    assertThat(fetchHastily()).hasBinaryContent(BODY);
    assertThat(waits).singleElement().asString().contains("less than 1024 bytes a second");
    // What came is kept all the same.
    assertThat(server.requests.getLast().header("Range")).matches("bytes=[1-9]\\d*-");
  }

  @Test
  void tellsThatNobodyIsThere() throws IOException {
    server.close();
    assertFails(this::fetch, "no connection", "tried 4 times");
  }

  @Test
  void followsToWhereLargeFilesLieWithoutTheToken() throws IOException {
    try (HubServer storage = new HubServer()) {
      storage.on("/blob?signed=%2F", HubServer.file(BODY, "t"));
      server.on(WEIGHTS, HubServer.redirect("/renamed"));
      server.on("/renamed", HubServer.redirect(storage.url() + "/blob?signed=%2F"));
      Path file = builder().token("hf_secret").build().fetch(NAME);
      assertThat(file).hasBinaryContent(BODY);
      assertThat(server.requests)
          .hasSize(4)
          .allSatisfy(r -> assertThat(r.header("Authorization")).isEqualTo("Bearer hf_secret"));
      assertThat(storage.requests)
          .singleElement()
          .satisfies(r -> assertThat(r.headers()).doesNotContainKey("authorization"));
    }
  }

  @Test
  void takesTheDigestOfTheRedirectWhereAMirrorListsNone() throws IOException {
    server.on(
        LISTING,
        HubServer.text(
            "{\"sha\": \"%s\", \"siblings\": [{\"rfilename\": \"model.safetensors\"}]}"
                .formatted(COMMIT)));
    assertFails(this::fetch, "nothing says its SHA-256");
    String linked = "X-Linked-ETag: \"" + hex("SHA-256", BODY) + "\"";
    server.on("/blob", HubServer.file(new byte[9], "t"), HubServer.file(BODY, "t"));
    server.on(WEIGHTS, HubServer.redirect("/blob", linked));
    assertFails(this::fetch, hex("SHA-256", BODY));
    assertThat(fetch()).hasBinaryContent(BODY);
  }

  @Test
  void doesNotRunInCircles() {
    server.on(WEIGHTS, HubServer.redirect(WEIGHTS));
    assertFails(this::fetch, "circle");
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://example.org/x, expected an address",
    "file:///etc/passwd, expected an address",
    "'', expected an address",
    "http:///x, expected an address",
    "'ht tp', expected an address",
    "http://127.0.0.1:99999/, expected an address",
  })
  void isRedirectedOnTheWebOnly(String location, String message) {
    server.on(WEIGHTS, HubServer.redirect(location));
    assertFails(this::fetch, message);
  }

  /** A certificate that nobody vouches for. */
  @Test
  void doesNotTalkToWhoeverClaimsToBeTheServer() throws Exception {
    Path keys = cache.resolve("keys.p12");
    Path keytool = Path.of(System.getProperty("java.home"), "bin", "keytool");
    String options =
        "-genkeypair -alias a -keyalg EC -dname CN=localhost -storepass secret -keystore " + keys;
    List<String> command = new ArrayList<>(List.of(keytool.toString()));
    command.addAll(List.of(options.split(" ")));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    assertThat(process.waitFor()).as(new String(process.getInputStream().readAllBytes())).isZero();
    KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
    managers.init(
        KeyStore.getInstance(keys.toFile(), "secret".toCharArray()), "secret".toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    HttpsServer impostor =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    impostor.setHttpsConfigurator(new HttpsConfigurator(tls));
    impostor.start();
    try {
      URI url = URI.create("https://localhost:" + impostor.getAddress().getPort());
      assertFails(
          () -> builder().huggingFace(url).build().fetch(NAME, listener),
          url + ": no secure connection");
      assertThat(waits).isEmpty();
    } finally {
      impostor.stop(0);
    }
  }

  @Test
  void pathsOfAnyLengthAreLookedAt() {
    String deep = "a/".repeat(1 << 20);
    server.on(
        LISTING,
        HubServer.text(
            "{\"sha\": \"%s\", \"siblings\": [{\"rfilename\": \"%s.h5\"}]}"
                .formatted(COMMIT, deep)));
    assertFails(this::fetch, "no file of weights");
    assertFails(() -> fetchNamed("hf:" + deep + "b"), "names no model");
  }

  @Test
  void isNotRedirectedFromHttpsToHttp() {
    URI from = URI.create("https://huggingface.co/x");
    assertThatThrownBy(() -> Http.redirected(from, "http://huggingface.co/x"))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("not encrypted");
    assertThat(Http.redirected(from, "//cdn.example.org/y"))
        .isEqualTo(URI.create("https://cdn.example.org/y"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>",
        "[]",
        "{\"sha\": \"../../../../etc\", \"siblings\": []}",
        "{\"sha\": \"0123456789abcdef0123456789abcdef01234567\"}",
        "{\"sha\": \"0123456789abcdef0123456789abcdef01234567\", \"siblings\": [{\"rfilename\":"
            + " \"../model.safetensors\"}, {\"rfilename\": \"/etc/model.safetensors\"},"
            + " {\"rfilename\": \"a\\\\b.h5\"}, {\"rfilename\": \"a/../b.h5\"},"
            + " {\"rfilename\": \"C:b.h5\"}, {\"rfilename\": \".h5\"}, 3, null]}"
      })
  void refusesListingsThatAreNone(String json) {
    server.on(LISTING, HubServer.text(json));
    assertFails(this::fetch, NAME);
    assertThat(cache.resolve("hf/timm/net/main.commit")).doesNotExist();
    assertThat(server.targets()).containsExactly(LISTING);
  }

  @Test
  void aCommitIsTheCommitThatWasAskedFor() {
    String pinned = NAME + "@" + NEWER;
    server.on(LISTING.replace("main", NEWER), HubServer.text(listing(COMMIT, Map.of())));
    assertFails(() -> builder().build().fetch(pinned), COMMIT, NEWER);
  }

  @Test
  void refreshAsksForTheNewest() {
    Path old = fetch();
    byte[] other = {1, 2, 3};
    server.on(LISTING, HubServer.text(listing(NEWER, Map.of("pytorch_model.bin", other))));
    assertThat(fetch()).isEqualTo(old);
    assertFails(() -> builder().build().refresh(NAME, listener), "404");
    // As long as the new is not whole, the old is good.
    assertThat(fetch()).isEqualTo(old);
    server.on("/timm/net/resolve/" + NEWER + "/pytorch_model.bin", HubServer.ok(other));
    assertThat(builder().offline(true).build().refresh(NAME, listener)).isEqualTo(old);
    Path newer = builder().build().refresh(NAME, listener);
    assertThat(newer).hasBinaryContent(other).hasFileName("pytorch_model.bin");
    assertThat(server.requests).hasSize(7);
    assertThat(fetch()).isEqualTo(newer);
    int requests = server.requests.size();
    assertThat(builder().build().refresh(NAME + "@" + COMMIT, listener)).isEqualTo(old);
    assertThat(server.requests).hasSize(requests);
  }

  @Test
  void prefersSafetensorsAndKnowsOneFileAmongMany() {
    byte[] onnx = {7};
    Map<String, byte[]> files =
        Map.of("a/net.onnx", onnx, "b.tflite", onnx, "pytorch_model.bin", onnx);
    server.on(LISTING, HubServer.text(listing(COMMIT, files)));
    server.on(FOLDER + "pytorch_model.bin", HubServer.ok(onnx));
    assertThat(fetch()).hasFileName("pytorch_model.bin");

    server.on(
        LISTING.replace("main", "v2"),
        HubServer.text(
            listing(NEWER, Map.of("a/net.onnx", onnx, "b.tflite", onnx), "a/config.json")));
    assertFails(
        () -> builder().build().fetch(NAME + "@v2"), "2 files", "/FILE: a/net.onnx, b.tflite");
    assertFails(() -> builder().build().fetch(NAME + "/c.h5@v2"), "there is no file c.h5");
    server.on("/timm/net/resolve/" + NEWER + "/a/net.onnx", HubServer.ok(onnx));
    server.on("/timm/net/resolve/" + NEWER + "/a/config.json", HubServer.ok(CONFIG));
    Path file = builder().build().fetch(NAME + "/a/net.onnx@v2");
    assertThat(file).hasBinaryContent(onnx);
    assertThat(file.resolveSibling("config.json")).exists();
  }

  @Test
  void offlineSaysWhatToPutWhere() throws IOException {
    Hub offline = builder().offline(true).build();
    Path byHand = cache.resolve("hf/timm/net/main");
    assertFails(
        () -> offline.fetch(NAME),
        "--offline",
        "HF_HUB_OFFLINE",
        server.url() + "/timm/net/resolve/main/model.safetensors",
        byHand.toString());
    assertFails(
        () -> offline.fetch("keras:0.5_160"),
        server.url() + "/keras/mobilenet_5_0_160_tf.h5",
        cache.resolve("keras").toString());
    assertThat(server.requests).isEmpty();
    assertThat(cache).isEmptyDirectory();

    Files.createDirectories(byHand);
    Files.write(byHand.resolve("model.safetensors"), BODY);
    assertThat(offline.fetch(NAME)).isEqualTo(byHand.resolve("model.safetensors"));
    assertThat(fetch()).isEqualTo(byHand.resolve("model.safetensors"));
    assertThat(server.requests).isEmpty();
  }

  @Test
  void noticesThatAFileWasChanged() throws IOException {
    Files.write(fetch(), new byte[BODY.length]);
    assertFails(this::fetch, weights().toString(), "has changed", "delete it");
    Files.delete(weights());
    assertThat(fetch()).hasBinaryContent(BODY);
  }

  @Test
  void onlyOneOfManyDownloads() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Path>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(threads.submit(() -> builder().build().fetch(NAME)));
      }
      for (Future<Path> one : all) {
        assertThat(one.get()).isEqualTo(weights());
      }
    }
    assertThat(server.requests).hasSize(3);
  }

  @Test
  void kerasApplicationsAreHeldAgainstTheServersMd5AndThenTheirOwnDigest() throws IOException {
    String target = "/keras/mobilenet_2_5_128_tf.h5";
    String md5 = Base64.getEncoder().encodeToString(digest("MD5", BODY));
    String header = "x-goog-hash: crc32c=AAAAAA==,md5=" + md5;
    Hub hub = builder().token("hf_secret").build();
    server.on(target, HubServer.ok(new byte[9], header));
    assertFails(() -> hub.fetch("keras:0.25_128"), "MD5", hex("MD5", BODY));
    server.on(target, HubServer.ok(BODY, header));
    Path file = hub.fetch("keras:0.25_128");
    assertThat(file).isEqualTo(cache.resolve("keras/mobilenet_2_5_128_tf.h5"));
    assertThat(file.resolveSibling("SHA256SUMS"))
        .hasContent(hex("SHA-256", BODY) + "  mobilenet_2_5_128_tf.h5\n");
    assertThat(server.requests)
        .allSatisfy(r -> assertThat(r.headers()).doesNotContainKey("authorization"));

    Files.delete(file);
    server.on(target, HubServer.ok(CONFIG));
    assertFails(() -> hub.fetch("keras:0.25_128"), "as when it was first downloaded");
    server.on(target, HubServer.ok(BODY));
    assertThat(hub.fetch("keras:0.25_128")).isEqualTo(file);
  }

  @Test
  void anEndThatNobodyAnnouncedIsNotBelieved() {
    server.on(
        "/keras/mobilenet_1_0_224_tf.h5",
        (_, out) -> out.write("HTTP/1.1 200 -\r\nConnection: close\r\n\r\nabc".getBytes()));
    assertFails(() -> builder().build().fetch("keras:1.0_224"), "neither its size nor a digest");
    assertThat(cache.resolve("keras/mobilenet_1_0_224_tf.h5")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf:",
        "hf:timm",
        "hf:timm/",
        "hf:timm/../x",
        "hf:../x",
        "hf:/etc/passwd",
        "hf:timm/a..b",
        "hf:timm/net@",
        "hf:timm/net@../x",
        "hf:timm/net@.git",
        "hf:timm/net//x",
        "hf:timm/net?x",
        "hf:timm/né",
        "hf:timm/net@a\\b",
        "keras:",
        "keras:1.0",
        "keras:0.3_224",
        "keras:1.0_225",
        "keras:../x",
        "model.safetensors"
      })
  void refusesOtherNames(String name) {
    assertFails(() -> fetchNamed(name), "'" + name + "' names no model", "expected");
    assertThat(server.requests).isEmpty();
  }

  private Path fetchNamed(String name) {
    return builder().build().fetch(name);
  }

  @Test
  void goesThroughAProxyWithAPassword() throws IOException {
    try (HubServer proxy = new HubServer()) {
      String api = "http://hub.example.org" + LISTING;
      String folder = "http://hub.example.org" + FOLDER;
      proxy.on(
          api,
          HubServer.status(407, "Proxy-Authenticate: Basic realm=\"p\""),
          HubServer.text(listing(COMMIT, Map.of("model.safetensors", BODY))));
      proxy.on(folder + "model.safetensors", HubServer.file(BODY, "t"));
      String address = "http://user:pass@" + proxy.url().getAuthority();
      ProxySelector proxies =
          EnvironmentProxies.of(Map.of("HTTP_PROXY", address, "NO_PROXY", "other.org"));
      Path file =
          builder()
              .huggingFace(URI.create("http://hub.example.org"))
              .token("hf_secret")
              .proxies(proxies)
              .build()
              .fetch(NAME);
      assertThat(file).hasBinaryContent(BODY);
      assertThat(proxy.requests.get(1).header("Proxy-Authorization"))
          .isEqualTo("Basic " + Base64.getEncoder().encodeToString("user:pass".getBytes()));
      // A token is not sent in the clear to another machine.
      assertThat(proxy.requests)
          .allSatisfy(r -> assertThat(r.headers()).doesNotContainKey("authorization"));
    }
  }
}

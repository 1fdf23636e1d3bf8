package io.github.mobilenet4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.server.models.ModelSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol by REST: what KServe's and Triton's documents say of it. */
class RestTest {
  private static final String INFER = "/v2/models/small/infer";
  private static final Path KOALA =
      Path.of(System.getProperty("mobilenet4j.root"), "samples/koala.jpg");

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = new TestServer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Map<?, ?> json(String text) {
    return (Map<?, ?>) Json.parse("answer", text);
  }

  private static Map<?, ?> json(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
    return json(answer.body());
  }

  private static Map<?, ?> output(Map<?, ?> answer, String name) {
    return ((List<?>) answer.get("outputs"))
        .stream()
            .map(output -> (Map<?, ?>) output)
            .filter(output -> output.get("name").equals(name))
            .findFirst()
            .orElseThrow();
  }

  private static float[] data(Map<?, ?> output) {
    List<?> data = (List<?>) output.get("data");
    float[] values = new float[data.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = ((Number) data.get(i)).floatValue();
    }
    return values;
  }

  private static String input(int images, String data) {
    return "{\"name\":\"images\",\"shape\":[%s,64,64,3],\"datatype\":\"FP32\",%s}"
        .formatted(images, data);
  }

  private static String numbers(float[] values) {
    return IntStream.range(0, values.length)
        .mapToObj(i -> Float.toString(values[i]))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static byte[] binary(String json, byte[] tensor) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(json.getBytes(StandardCharsets.UTF_8));
    body.writeBytes(tensor);
    return body.toByteArray();
  }

  @Test
  void tellsWhatItIs() throws Exception {
    assertThat(server.get("/v2/health/live").statusCode()).isEqualTo(200);
    assertThat(json(server.get("/v2/health/ready")).get("ready")).isEqualTo(true);
    Map<?, ?> metadata = json(server.get("/v2"));
    assertThat(metadata.get("name")).isEqualTo("mobilenet4j");
    assertThat((List<?>) metadata.get("extensions"))
        .isEqualTo(
            List.of("binary_tensor_data", "classification", "statistics", "model_repository"));
    assertThat(json(server.get("/v2/")).get("name")).isEqualTo("mobilenet4j");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v2/models/small", "/v2/models/small/versions/1"})
  void tellsWhatAModelIs(String path) throws Exception {
    Map<?, ?> model = json(server.get(path));
    assertThat(model.get("name")).isEqualTo("small");
    assertThat(model.get("versions")).isEqualTo(List.of("1"));
    assertThat(Json.text(model.get("inputs")))
        .isEqualTo("[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[-1,64,64,3]}]");
    assertThat(Json.text(model.get("outputs")))
        .isEqualTo(
            "[{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[-1,10]},"
                + "{\"name\":\"logits\",\"datatype\":\"FP32\",\"shape\":[-1,10]}]");
    assertThat(json(server.get(path + "/ready"))).isEqualTo(Map.of("name", "small", "ready", true));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void givesTheLibrarysBits(int images) throws Exception {
    float[] values = TestServer.values(images);
    float[] expected = TestServer.logits(TestServer.model(1), values);
    String body =
        "{\"id\":\"42\",\"inputs\":[%s]}".formatted(input(images, "\"data\":" + numbers(values)));
    Map<?, ?> answer = json(server.post(INFER, body));
    assertThat(answer.get("id")).isEqualTo("42");
    assertThat(answer.get("model_name")).isEqualTo("small");
    assertThat(answer.get("model_version")).isEqualTo("1");
    assertThat(data(output(answer, "logits"))).isEqualTo(expected);
    assertThat(output(answer, "logits").get("shape")).isEqualTo(List.of((long) images, 10L));

    String parameters = "\"parameters\":{\"binary_data_size\":%s}".formatted(4 * values.length);
    String json =
        "{\"inputs\":[%s],\"outputs\":[{\"name\":\"logits\",\"parameters\":{\"binary_data\":true}}]}"
            .formatted(input(images, parameters));
    HttpResponse<byte[]> binary =
        server.post(
            INFER,
            binary(json, TestServer.bytes(values)),
            "Inference-Header-Content-Length",
            Integer.toString(json.length()));
    assertThat(binary.statusCode()).isEqualTo(200);
    int length =
        Integer.parseInt(
            binary.headers().firstValue("inference-header-content-length").orElseThrow());
    Map<?, ?> header = json(new String(binary.body(), 0, length, StandardCharsets.UTF_8));
    assertThat(output(header, "logits").get("parameters"))
        .isEqualTo(Map.of("binary_data_size", 40L * images));
    assertThat(
            TestServer.floats(
                ByteBuffer.wrap(binary.body(), length, binary.body().length - length)))
        .isEqualTo(expected);

    HttpResponse<byte[]> raw =
        server.post(
            INFER,
            TestServer.bytes(values),
            "Inference-Header-Content-Length",
            "0",
            "Content-Type",
            "application/octet-stream");
    assertThat(raw.statusCode()).isEqualTo(200);
    assertThat(data(output(json(new String(raw.body(), StandardCharsets.UTF_8)), "logits")))
        .isEqualTo(expected);
  }

  @Test
  void takesNestedData() throws Exception {
    float[] values = TestServer.values(1);
    StringBuilder nested = new StringBuilder("[[");
    for (int y = 0; y < 64; y++) {
      nested.append(y == 0 ? "[" : ",[");
      for (int x = 0; x < 64; x++) {
        int at = 3 * (64 * y + x);
        nested.append(x == 0 ? "" : ",").append(numbers(Arrays.copyOfRange(values, at, at + 3)));
      }
      nested.append(']');
    }
    nested.append("]]");
    Map<?, ?> answer =
        json(server.post(INFER, "{\"inputs\":[%s]}".formatted(input(1, "\"data\":" + nested))));
    assertThat(data(output(answer, "logits")))
        .isEqualTo(TestServer.logits(TestServer.model(1), values));
  }

  @Test
  void takesEncodedImages() throws Exception {
    byte[] koala = Files.readAllBytes(KOALA);
    String json =
        """
        {"inputs":[{"name":"images","shape":[2],"datatype":"BYTES","data":["%1$s","%1$s"]}],
         "outputs":[{"name":"probabilities","parameters":{"classification":3}}]}\
        """
            .formatted(Base64.getEncoder().encodeToString(koala));
    Map<?, ?> answer = json(server.post(INFER, json));
    Map<?, ?> classes = output(answer, "probabilities");
    assertThat(classes.get("datatype")).isEqualTo("BYTES");
    assertThat(classes.get("shape")).isEqualTo(List.of(2L, 3L));
    List<?> texts = (List<?>) classes.get("data");
    assertThat(texts.subList(0, 3)).isEqualTo(texts.subList(3, 6));
    assertThat((String) texts.getFirst()).matches("0\\.\\d+:\\d:class \\d");

    HttpResponse<byte[]> raw = server.post(INFER, koala, "Inference-Header-Content-Length", "0");
    float[] probabilities =
        data(output(json(new String(raw.body(), StandardCharsets.UTF_8)), "probabilities"));
    int best = Integer.parseInt(((String) texts.getFirst()).split(":")[1]);
    assertThat(((String) texts.getFirst()).split(":")[0])
        .isEqualTo(Float.toString(probabilities[best]));

    Map<?, ?> classified =
        json(new String(server.post("/classify?top=1", koala).body(), StandardCharsets.UTF_8));
    assertThat(Json.text(classified)).contains("\"index\":" + best);
  }

  @Test
  void theFirstModelThatWasGivenAnswersWhereNoneIsNamed() throws Exception {
    byte[] koala = Files.readAllBytes(KOALA);
    List<ModelSpec> specs =
        List.of(
            TestServer.spec("zebras", TestServer.model(1)),
            TestServer.spec("ants", TestServer.model(2)));
    try (TestServer two = new TestServer(TestServer.OPTIONS, specs)) {
      HttpResponse<byte[]> answer = two.post("/classify", koala);
      assertThat(new String(answer.body(), StandardCharsets.UTF_8))
          .contains("\"model\":\"zebras\"");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v2/models/none/infer | {} | 404 | there is no model none
          /v2/models/small/versions/2/infer | {} | 404 | has no version 2
          /v2/models/small/infer | {} | 400 | 0 inputs
          /v2/models/small/infer | [1] | 400 | the request is no object
          /v2/models/small/infer | {"inputs":[{"name":"images"}]} | 400 | has no datatype
          /v2/models/small/infer | {"inputs":[{"name":"images","shape":[1],"datatype":"FP32","data":[1]}]} | 400 | expected FP32 [n, 64, 64, 3] or BYTES [n]
          /v2/models/small/infer | {"inputs":[{"name":"images","shape":[2],"datatype":"FP32","data":[1]}]} | 400 | has 1 values, expected 2
          /v2/models/small/infer | {"inputs":[{"name":"images","shape":[1],"datatype":"INT8","data":[1]}]} | 400 | datatype INT8
          /v2/models/small/infer | {"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]} | 400 | no input x
          /v2/models/small/infer | {"inputs":[{"name":"images","shape":[2],"datatype":"FP32","data":[[1],[2,3]]}]} | 400 | at one level
          /v2/models/small/infer | {"inputs":[{"name":"images","shape":[1],"datatype":"FP32","data":[1e99]}]} | 400 | no float holds
          /v2/models/small/infer | {"inputs":[{"name":"images","shape":[1],"datatype":"BYTES","data":["####"]}]} | 400 | Base64
          /v2/models/small/infer | {"inputs":[{"name":"images","shape":[1],"datatype":"BYTES","data":["QUJD"]}]} | 400 | not a JPEG
          /v2/models/small/infer | {"id":1,"inputs":[]} | 400 | id is no string
          /v2/models/small/infer | {"inputs":[],"inputs":[]} | 400 | the request is no JSON
          /v2/models/small/infer | {"inputs":[]} x | 400 | no JSON
          /classify | | 400 | no image
          /classify?top=0 | x | 400 | top is 0
          /classify?model=x | x | 404 | there is no model x
          /v2/nothing | x | 404 | nothing at this address
          /v2/health/live | x | 405 | expected GET
          """)
  void saysWhatIsWrong(String path, String body, int status, String message) throws Exception {
    HttpResponse<String> answer = server.post(path, body == null ? "" : body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat((String) json(answer.body()).get("error")).contains(message);
  }

  @Test
  void unloadsAndLoads() throws IOException, InterruptedException {
    try (TestServer own = new TestServer()) {
      assertThat(own.post("/v2/repository/models/small/unload", "").statusCode()).isEqualTo(200);
      assertThat(own.get("/v2/models/small/ready").statusCode()).isEqualTo(503);
      assertThat(own.post(INFER, "{}").statusCode()).isEqualTo(404);
      assertThat(own.post("/v2/repository/index", "").body())
          .isEqualTo(
              "[{\"name\":\"small\",\"reason\":\"unloaded\",\"state\":\"UNAVAILABLE\",\"version\":\"1\"}]");
      assertThat(own.get("/v2/health/ready").statusCode()).isEqualTo(200);
      assertThat(own.post("/v2/repository/models/small/load", "").statusCode()).isEqualTo(200);
      assertThat(own.get("/v2/models/small/ready").statusCode()).isEqualTo(200);
      assertThat(own.post("/v2/repository/models/other/load", "").statusCode()).isEqualTo(404);
      assertThat(json(own.get("/v2/models/small/stats")).toString()).contains("inference_count");
    }
  }
}

package io.github.mobilenet4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Answers are what KServe's OpenAPI file says of them, and what ours says. */
class ConformanceTest {
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private static TestServer server;
  private static JsonNode theirs;
  private static JsonNode ours;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer();
    theirs = yaml("/oip/open_inference_rest.yaml");
    ours = new YAMLMapper().readTree(server.get("/openapi.yaml").body());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode yaml(String name) throws IOException {
    try (InputStream in = ConformanceTest.class.getResourceAsStream(name)) {
      return new YAMLMapper().readTree(in.readAllBytes());
    }
  }

  /** Checks a text against one of the schemas of a file. */
  private static void assertValid(JsonNode file, String name, String text) {
    assertThat(file.at("/components/schemas/" + name).isMissingNode()).as(name).isFalse();
    ObjectNode root = new YAMLMapper().createObjectNode();
    root.put("$ref", "#/components/schemas/" + name);
    root.set("components", file.get("components"));
    Schema schema = SCHEMAS.getSchema(root);
    assertThat(schema.validate(text, InputFormat.JSON)).as(text).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/v2, metadata_server_response, server",
    "/v2/models/small, metadata_model_response, model",
    "/v2/models/small/versions/1, metadata_model_response, model",
    "/v2/models/none, metadata_model_error_response, error",
    "/v2/models/small/ready, , modelReady",
    "/v2/models/small/stats, , statistics",
    "/v2/health/live, , health",
    "/v2/health/ready, , health"
  })
  void whatIsAskedFor(String path, String theirSchema, String ourSchema) throws Exception {
    String text = server.get(path).body();
    if (theirSchema != null) {
      assertValid(theirs, theirSchema, text);
    }
    assertValid(ours, ourSchema, text);
  }

  @Test
  void whatIsInferred() throws Exception {
    String image =
        Base64.getEncoder()
            .encodeToString(
                Files.readAllBytes(
                    Path.of(System.getProperty("mobilenet4j.root"), "samples/koala.jpg")));
    String input =
        "{\"name\":\"images\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"%s\"]}"
            .formatted(image);
    for (String outputs :
        new String[] {
          "[]",
          "[{\"name\":\"logits\"}]",
          "[{\"name\":\"probabilities\",\"parameters\":{\"classification\":2}}]"
        }) {
      String request = "{\"id\":\"1\",\"inputs\":[%s],\"outputs\":%s}".formatted(input, outputs);
      assertValid(theirs, "inference_request", request);
      assertValid(ours, "request", request);
      HttpResponse<String> answer = server.post("/v2/models/small/infer", request);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertValid(theirs, "inference_response", answer.body());
      assertValid(ours, "response", answer.body());
    }
    String refused = server.post("/v2/models/small/infer", "{}").body();
    assertValid(theirs, "inference_error_response", refused);
    assertValid(ours, "error", refused);
    byte[] koala = Base64.getDecoder().decode(image);
    assertValid(
        ours,
        "classified",
        new String(server.post("/classify", koala).body(), StandardCharsets.UTF_8));
    String index = server.post("/v2/repository/index", "").body();
    assertValid(ours, "entry", index.substring(1, index.length() - 1));
  }

  /** What is in our file is there. */
  @Test
  void theFileHasEveryAddress() throws Exception {
    try (TestServer own = new TestServer()) {
      for (String path : ours.get("paths").propertyNames()) {
        String real = path.replace("{model}", "small").replace("{version}", "1");
        boolean get = ours.get("paths").get(path).has("get");
        HttpResponse<String> answer = get ? own.get(real) : own.post(real, "");
        assertThat(answer.statusCode()).as(path).isIn(200, 400);
      }
    }
  }
}

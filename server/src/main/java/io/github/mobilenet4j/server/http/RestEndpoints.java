package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.server.models.Call;
import io.github.mobilenet4j.server.protocol.InferRequest;
import io.github.mobilenet4j.server.protocol.InferResponse;
import io.github.mobilenet4j.server.protocol.ModelMetadata;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.RequestedOutput;
import io.github.mobilenet4j.server.protocol.RestAnswer;
import io.github.mobilenet4j.server.protocol.RestReader;
import io.github.mobilenet4j.server.protocol.ServerMetadata;
import io.github.mobilenet4j.server.protocol.TensorMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The Open Inference Protocol v2 by REST. */
public final class RestEndpoints {
  /** How many bytes of a body are JSON, where tensors follow. */
  static final String JSON_LENGTH = "Inference-Header-Content-Length";

  private static final String BINARY = "application/octet-stream";

  private final Served served;

  /** Makes them. */
  public RestEndpoints(Served served) {
    this.served = served;
  }

  /** Returns the protocol's addresses. */
  public List<Route> routes() {
    return Stream.concat(
            Stream.of(
                get("/v2", this::server),
                new Route("GET", "/v2/health/live", Access.PUBLIC, this::live),
                new Route("GET", "/v2/health/ready", Access.PUBLIC, this::ready),
                get("/v2/models/stats", this::statistics),
                new Route("POST", "/v2/repository/index", Access.MANAGEMENT, this::index),
                new Route(
                    "POST", "/v2/repository/models/{model}/load", Access.MANAGEMENT, this::load),
                new Route(
                    "POST",
                    "/v2/repository/models/{model}/unload",
                    Access.MANAGEMENT,
                    this::unload)),
            Stream.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}")
                .flatMap(model ->
                    Stream.of(
                        get(model, this::model),
                        get(model + "/ready", this::modelReady),
                        get(model + "/stats", this::statistics),
                        new Route("POST", model + "/infer", Access.INFERENCE, this::infer))))
        .toList();
  }

  private static Route get(String path, Endpoint endpoint) {
    return new Route("GET", path, Access.INFERENCE, endpoint);
  }

  private void live(Exchange exchange) throws IOException {
    exchange.json(200, Map.of("live", true));
  }

  private void ready(Exchange exchange) throws IOException {
    boolean is = served.ready().getAsBoolean();
    // The protocol's text calls it live here too.
    exchange.json(is ? 200 : 503, Map.of("live", true, "ready", is));
  }

  private void server(Exchange exchange) throws IOException {
    ServerMetadata server = served.server();
    exchange.json(
        200,
        ordered(
            "name", server.name(), "version", server.version(), "extensions", server.extensions()));
  }

  private void model(Exchange exchange) throws IOException {
    ModelMetadata model =
        served.models().metadata(exchange.path("model"), exchange.optionalPath("version"));
    Map<String, Object> json =
        ordered("name", model.name(), "versions", model.versions(), "platform", model.platform());
    json.put("inputs", model.inputs().stream().map(RestEndpoints::tensor).toList());
    json.put("outputs", model.outputs().stream().map(RestEndpoints::tensor).toList());
    json.put("properties", model.properties());
    exchange.json(200, json);
  }

  private static Map<String, Object> tensor(TensorMetadata tensor) {
    return ordered("name", tensor.name(), "datatype", tensor.datatype(), "shape", tensor.shape());
  }

  private static Map<String, Object> ordered(
      String a, Object first, String b, Object second, String c, Object third) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(a, first);
    map.put(b, second);
    map.put(c, third);
    return map;
  }

  private void modelReady(Exchange exchange) throws IOException {
    String name = exchange.path("model");
    boolean is = served.models().isReady(name, exchange.optionalPath("version"));
    exchange.json(is ? 200 : 503, Map.of("name", name, "ready", is));
  }

  private void statistics(Exchange exchange) throws IOException {
    exchange.json(
        200,
        served
            .models()
            .statistics(exchange.optionalPath("model"), exchange.optionalPath("version")));
  }

  private void index(Exchange exchange) throws IOException {
    String body = new String(exchange.body(), StandardCharsets.UTF_8);
    try {
      boolean onlyReady =
          !body.isBlank()
              && Json.parse("the request", body) instanceof Map<?, ?> request
              && Boolean.TRUE.equals(request.get("ready"));
      exchange.json(200, served.models().index(onlyReady));
    } catch (MobileNetException e) {
      throw new Refusal(Refusal.Reason.BAD_REQUEST, e.getMessage(), e);
    }
  }

  private void load(Exchange exchange) throws IOException {
    served.models().load(exchange.path("model"));
    exchange.json(200, Map.of());
  }

  private void unload(Exchange exchange) throws IOException {
    served.models().unload(exchange.path("model"));
    exchange.json(200, Map.of());
  }

  private void infer(Exchange exchange) throws IOException {
    String name = exchange.path("model");
    Optional<String> version = exchange.optionalPath("version");
    Call call = Calls.of(exchange, Optional.empty());
    served.service().check(name, version, call);
    byte[] body = exchange.body();
    int json = jsonLength(exchange, body.length);
    if (json == 0) {
      boolean isImage = exchange.mediaType().filter(type -> type.startsWith("image/")).isPresent();
      send(exchange, served.service().infer(name, version, body, isImage, call), List.of(), false);
    } else {
      InferRequest request = RestReader.read(body, json);
      InferResponse response = served.service().infer(name, version, request, call);
      send(exchange, response, request.outputs(), request.binaryOutput());
    }
  }

  private static int jsonLength(Exchange exchange, int body) {
    Optional<String> length = exchange.header(JSON_LENGTH);
    if (length.isEmpty()) {
      if (body == 0) {
        throw Refusal.bad("the request has no body");
      }
      return body;
    }
    String text = length.get().strip();
    if (!text.matches("\\d{1,9}") || Integer.parseInt(text) > body) {
      throw Refusal.bad(
          "%s is %s, expected at most the %s bytes of the body"
              .formatted(JSON_LENGTH, Refusal.abridged(text), body));
    }
    return Integer.parseInt(text);
  }

  private static void send(
      Exchange exchange, InferResponse response, List<RequestedOutput> outputs, boolean binary)
      throws IOException {
    boolean[] wanted = new boolean[response.outputs().size()];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = outputs.isEmpty() ? binary : outputs.get(i).binary(binary);
    }
    RestAnswer answer = RestAnswer.of(response, wanted);
    if (answer.isBinary()) {
      exchange.set(JSON_LENGTH, Integer.toString(answer.json()));
    }
    ByteBuffer body = answer.body();
    exchange.send(200, answer.isBinary() ? BINARY : Exchange.JSON, body);
  }
}

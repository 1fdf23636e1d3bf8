package io.github.mobilenet4j.server.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** Reads requests for inference: JSON, and the tensors that may stand behind it as bytes. */
public final class RestReader {
  private static final String BINARY_DATA_SIZE = "binary_data_size";

  // A body is of limited length, and a number no longer than what can matter of it.
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(32)
                  .maxNumberLength(1000)
                  .maxNameLength(1000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  /** What was read of an input so far. */
  private static final class Input {
    private String name;
    private String datatype;
    private List<Long> shape;
    private Parameters parameters = Parameters.NONE;
    private JsonValues data;
  }

  private interface Field {
    /** Reads the value of a field, whose first token was read. */
    void read(String name, JsonParser parser);
  }

  private Optional<String> id = Optional.empty();
  private Parameters parameters = Parameters.NONE;
  private final List<Input> inputs = new ArrayList<>();
  private final List<RequestedOutput> outputs = new ArrayList<>();

  private RestReader() {}

  /**
   * Returns the request in a body.
   *
   * @param json how many of its bytes are JSON; tensors follow
   * @throws Refusal if it is none
   */
  public static InferRequest read(byte[] body, int json) {
    RestReader reader = new RestReader();
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body, 0, json)) {
      parser.nextToken();
      object("the request", parser, reader::field);
      if (parser.nextToken() != null) {
        throw Refusal.bad("something follows the JSON of the request");
      }
    } catch (JacksonException e) {
      throw new Refusal(
          Refusal.Reason.BAD_REQUEST,
          "the request is no JSON: " + Refusal.abridged(e.getOriginalMessage()),
          e);
    }
    ByteBuffer binary = ByteBuffer.wrap(body, json, body.length - json);
    List<Tensor> tensors = reader.inputs.stream().map(input -> tensor(input, binary)).toList();
    if (binary.hasRemaining()) {
      throw Refusal.bad(
          "%s bytes follow the JSON and its tensors, expected none".formatted(binary.remaining()));
    }
    return new InferRequest(reader.id, reader.parameters, tensors, reader.outputs);
  }

  private void field(String name, JsonParser parser) {
    switch (name) {
      case "id" -> id = Optional.ofNullable(string("id", parser));
      case "parameters" -> parameters = parameters("the request", parser);
      case "inputs" -> array("inputs", parser, () -> inputs.add(input(parser)));
      case "outputs" -> array("outputs", parser, () -> outputs.add(output(parser)));
      default -> parser.skipChildren();
    }
  }

  private static Input input(JsonParser parser) {
    Input input = new Input();
    object(
        "an input",
        parser,
        (name, value) -> {
          switch (name) {
            case "name" -> input.name = string("the name of an input", value);
            case "datatype" -> input.datatype = string("the datatype of an input", value);
            case "shape" -> input.shape = shape(value);
            case "parameters" -> input.parameters = parameters("an input", value);
            case "data" -> input.data = JsonValues.read("data of an input", value);
            default -> value.skipChildren();
          }
        });
    return input;
  }

  private static RequestedOutput output(JsonParser parser) {
    String[] names = new String[1];
    Parameters[] parameters = {Parameters.NONE};
    object(
        "an output",
        parser,
        (name, value) -> {
          switch (name) {
            case "name" -> names[0] = string("the name of an output", value);
            case "parameters" -> parameters[0] = parameters("an output", value);
            default -> value.skipChildren();
          }
        });
    return new RequestedOutput(required("an output", "name", names[0]), parameters[0]);
  }

  private static Tensor tensor(Input input, ByteBuffer binary) {
    String name = required("an input", "name", input.name);
    String datatype = required("input " + Refusal.abridged(name), "datatype", input.datatype);
    List<Long> shape = required("input " + Refusal.abridged(name), "shape", input.shape);
    long size = input.parameters.number(BINARY_DATA_SIZE).orElse(-1);
    if (input.data != null == size >= 0) {
      throw Refusal.bad(
          "input %s: expected either data, or the parameter %s and bytes behind the JSON"
              .formatted(Refusal.abridged(name), BINARY_DATA_SIZE));
    }
    if (size > binary.remaining()) {
      throw Refusal.bad(
          "input %s has %s bytes, and %s are left behind the JSON"
              .formatted(Refusal.abridged(name), size, binary.remaining()));
    }
    TensorData data;
    if (size < 0) {
      data = input.data.of(datatype, shape);
    } else {
      data = RawTensor.read(name, datatype, binary.slice(binary.position(), (int) size));
      binary.position(binary.position() + (int) size);
    }
    return new Tensor(name, datatype, shape, input.parameters, data);
  }

  private static <T> T required(String what, String field, T value) {
    if (value == null) {
      throw Refusal.bad("%s has no %s".formatted(what, field));
    }
    return value;
  }

  private static Parameters parameters(String what, JsonParser parser) {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return Parameters.NONE;
    }
    Map<String, Object> values = new LinkedHashMap<>();
    object(
        "parameters of " + what,
        parser,
        (name, value) -> {
          if (values.size() == Parameters.MOST) {
            throw Refusal.bad("%s has more than %s parameters".formatted(what, Parameters.MOST));
          }
          switch (value.currentToken()) {
            case VALUE_TRUE, VALUE_FALSE -> values.put(name, value.getBooleanValue());
            case VALUE_NUMBER_INT -> values.put(name, value.getLongValue());
            case VALUE_NUMBER_FLOAT -> values.put(name, value.getDoubleValue());
            case VALUE_STRING -> values.put(name, value.getString());
            default -> value.skipChildren();
          }
        });
    return new Parameters(values);
  }

  private static List<Long> shape(JsonParser parser) {
    List<Long> shape = new ArrayList<>();
    if (!parser.isExpectedStartArrayToken()) {
      throw Refusal.bad("the shape of an input is no array");
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
          || shape.size() == Tensor.MOST_SIDES) {
        throw Refusal.bad(
            "the shape of an input is something else than up to %s whole numbers"
                .formatted(Tensor.MOST_SIDES));
      }
      shape.add(parser.getLongValue());
    }
    return shape;
  }

  private static void array(String what, JsonParser parser, Runnable element) {
    if (!parser.isExpectedStartArrayToken()) {
      throw Refusal.bad(what + " is no array");
    }
    for (int n = 0; parser.nextToken() != JsonToken.END_ARRAY; n++) {
      if (n == InferRequest.MOST_TENSORS) {
        throw Refusal.bad("%s are more than %s".formatted(what, InferRequest.MOST_TENSORS));
      }
      element.run();
    }
  }

  private static void object(String what, JsonParser parser, Field field) {
    if (!parser.isExpectedStartObjectToken()) {
      throw Refusal.bad(what + " is no object");
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      field.read(name, parser);
    }
  }

  private static String string(String what, JsonParser parser) {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> parser.getString();
      case VALUE_NULL -> null;
      default -> throw Refusal.bad(what + " is no string");
    };
  }
}

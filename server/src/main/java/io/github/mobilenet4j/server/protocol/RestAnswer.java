package io.github.mobilenet4j.server.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The answer to a request for inference as a body of HTTP.
 *
 * @param body JSON, and the tensors that stand behind it as bytes
 * @param json how many of its bytes are JSON
 */
public record RestAnswer(ByteBuffer body, int json) {
  private static final JsonFactory JSON = new JsonFactory();

  /** Returns whether tensors stand behind the JSON. */
  public boolean isBinary() {
    return json < body.limit();
  }

  /**
   * Returns an answer as a body.
   *
   * @param binary for each output, whether it goes behind the JSON
   */
  public static RestAnswer of(InferResponse response, boolean[] binary) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int tensors = 0;
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      json.writeStringProperty("model_name", response.model());
      json.writeStringProperty("model_version", response.version());
      response.id().ifPresent(id -> json.writeStringProperty("id", id));
      json.writeArrayPropertyStart("outputs");
      for (int i = 0; i < binary.length; i++) {
        Tensor output = response.outputs().get(i);
        write(json, output, binary[i]);
        tensors += binary[i] ? RawTensor.size(output.data()) : 0;
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    int length = out.size();
    ByteBuffer body = ByteBuffer.allocate(length + tensors).put(out.toByteArray());
    for (int i = 0; i < binary.length; i++) {
      if (binary[i]) {
        RawTensor.write(response.outputs().get(i).data(), body);
      }
    }
    return new RestAnswer(body.flip(), length);
  }

  private static void write(JsonGenerator json, Tensor output, boolean binary) {
    json.writeStartObject();
    json.writeStringProperty("name", output.name());
    json.writeStringProperty("datatype", output.datatype());
    json.writeArrayPropertyStart("shape");
    output.shape().forEach(json::writeNumber);
    json.writeEndArray();
    if (binary) {
      json.writeObjectPropertyStart("parameters");
      json.writeNumberProperty("binary_data_size", RawTensor.size(output.data()));
      json.writeEndObject();
    } else {
      json.writeArrayPropertyStart("data");
      switch (output.data()) {
        case TensorData.Floats floats -> {
          for (float value : floats.values()) {
            json.writeNumber(value);
          }
        }
        case TensorData.Elements elements -> {
          for (byte[] element : elements.elements()) {
            json.writeString(new String(element, StandardCharsets.UTF_8));
          }
        }
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }
}

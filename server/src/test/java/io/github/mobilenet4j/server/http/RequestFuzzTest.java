package io.github.mobilenet4j.server.http;

import com.google.protobuf.ByteString;
import inference.OpenInferenceGrpc.InferParameter;
import inference.OpenInferenceGrpc.InferTensorContents;
import inference.OpenInferenceGrpc.ModelInferRequest;
import inference.OpenInferenceGrpc.ModelInferRequest.InferInputTensor;
import inference.OpenInferenceGrpc.ModelInferRequest.InferRequestedOutputTensor;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.fuzz.Choices;
import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.JsonGrammar;
import io.github.mobilenet4j.fuzz.Target;
import io.github.mobilenet4j.server.protocol.GrpcReader;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.RestReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** All that reads a request, and what requests are like. */
public class RequestFuzzTest {
  /** What divides the forms of the seeds. */
  public static final String FORM = "multipart/form-data; boundary=----x";

  private static final List<String> JSON =
      List.of(
          "{\"id\":\"1\",\"parameters\":{\"binary_data_output\":true,\"a\":1.5},\"inputs\":"
              + "[{\"name\":\"images\",\"shape\":[1,2,2,3],\"datatype\":\"FP32\","
              + "\"data\":[[[[1,2,3],[4,5,6]],[[7,8,9],[10,11,12]]]]}]}",
          "{\"inputs\":[{\"name\":\"images\",\"shape\":[2],\"datatype\":\"BYTES\","
              + "\"data\":[\"QUJD\",\"\"]}],\"outputs\":[{\"name\":\"logits\","
              + "\"parameters\":{\"classification\":3,\"binary_data\":false}}]}");

  private static final String BINARY =
      "{\"inputs\":[{\"name\":\"images\",\"shape\":[1,1,1,3],\"datatype\":\"FP32\","
          + "\"parameters\":{\"binary_data_size\":12}},"
          + "{\"name\":\"more\",\"shape\":[1],\"datatype\":\"BYTES\","
          + "\"parameters\":{\"binary_data_size\":7}}]}";

  private static final byte[] TENSORS = {
    0, 0, (byte) 0x80, 63, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3
  };

  /** Returns the readers of requests. */
  public static List<Target> targets() {
    return List.of(
        JsonGrammar.target(
            "infer-json", JSON, bytes -> refusing(() -> RestReader.read(bytes, bytes.length))),
        new Target(
            "infer-binary",
            List.of(withLength(BINARY, TENSORS)),
            choices -> withLength(JsonGrammar.like(BINARY, choices), tensors(choices)),
            bytes -> refusing(() -> binary(bytes))),
        new Target(
            "infer-grpc",
            List.of(frame(request().build().toByteArray())),
            RequestFuzzTest::grpc,
            bytes -> refusing(() -> GrpcReader.infer(GrpcFrames.message(bytes)))),
        new Target(
            "form",
            List.of(form("a.jpg", "abc", "b.png", "")),
            choices ->
                form(
                    choices.of("a.jpg", "", "\"", "é", "../x"),
                    choices.of("abc", "\r\n------x\r\n", "--", ""),
                    choices.of("b", "\r\n", "a.jpg"),
                    choices.of("", "------x--", "\n")),
            bytes -> refusing(() -> Form.files(FORM, bytes))));
  }

  @TestFactory
  Stream<DynamicTest> readers() {
    return Fuzzer.tests(targets());
  }

  private interface Reading {
    void read() throws Exception;
  }

  /** What is refused as the caller's fault is refused as files are. */
  private static void refusing(Reading reading) throws Exception {
    try {
      reading.read();
    } catch (Refusal e) {
      if (e.reason().http() >= 500 && e.reason() != Refusal.Reason.UNIMPLEMENTED) {
        throw e;
      }
      throw new MobileNetException(e.getMessage(), e);
    }
  }

  /** The length of the JSON stands in two bytes before it. */
  private static void binary(byte[] bytes) {
    int json = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
    byte[] body = bytes.length < 2 ? bytes : Arrays.copyOfRange(bytes, 2, bytes.length);
    RestReader.read(body, Math.min(json, body.length));
  }

  private static byte[] withLength(String json, byte[] tensors) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(text.length >> 8);
    all.write(text.length);
    all.writeBytes(text);
    all.writeBytes(tensors);
    return all.toByteArray();
  }

  private static byte[] tensors(Choices choices) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = choices.below(4); i > 0; i--) {
      byte[] length = new byte[4];
      ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).putInt((int) choices.number());
      all.writeBytes(length);
      all.writeBytes(new byte[choices.below(9)]);
    }
    return all.toByteArray();
  }

  private static ModelInferRequest.Builder request() {
    return ModelInferRequest.newBuilder()
        .setModelName("small")
        .setId("1")
        .putParameters("a", InferParameter.newBuilder().setDoubleParam(1).build())
        .addInputs(
            InferInputTensor.newBuilder()
                .setName("images")
                .setDatatype("FP32")
                .addAllShape(List.of(1L, 1L, 1L, 3L))
                .putParameters("b", InferParameter.newBuilder().setBoolParam(true).build()))
        .addOutputs(
            InferRequestedOutputTensor.newBuilder()
                .setName("logits")
                .putParameters(
                    "classification", InferParameter.newBuilder().setInt64Param(3).build()))
        .addRawInputContents(ByteString.copyFrom(new byte[12]));
  }

  private static byte[] grpc(Choices choices) {
    ModelInferRequest.Builder request = request();
    InferInputTensor.Builder input = request.getInputs(0).toBuilder();
    if (choices.coin()) {
      input.addShape(choices.number());
    }
    input.setDatatype(choices.of("FP32", "BYTES", "INT8", ""));
    if (choices.coin()) {
      request.clearRawInputContents();
      InferTensorContents.Builder contents = InferTensorContents.newBuilder();
      for (int i = choices.below(5); i > 0; i--) {
        switch (choices.below(4)) {
          case 0 -> contents.addFp32Contents(choices.number());
          case 1 -> contents.addBytesContents(ByteString.copyFromUtf8("abc"));
          case 2 -> contents.addInt64Contents(choices.number());
          default -> contents.addBoolContents(true);
        }
      }
      input.setContents(contents);
    }
    for (int i = choices.below(3); i > 0; i--) {
      request.addInputs(input);
    }
    return frame(request.setInputs(0, input).build().toByteArray());
  }

  /** Returns a message behind its length. */
  public static byte[] frame(byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  private static byte[] form(String name, String content, String other, String otherContent) {
    return """
    ------x\r
    Content-Disposition: form-data; name="a"; filename="%s"\r
    Content-Type: image/jpeg\r
    \r
    %s\r
    ------x\r
    Content-Disposition: form-data; name="b"; filename="%s"\r
    \r
    %s\r
    ------x--\r
    """
        .formatted(name, content, other, otherContent)
        .getBytes(StandardCharsets.UTF_8);
  }
}

package io.github.mobilenet4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import inference.OpenInferenceGrpc.InferParameter;
import inference.OpenInferenceGrpc.InferTensorContents;
import inference.OpenInferenceGrpc.ModelInferRequest;
import inference.OpenInferenceGrpc.ModelInferRequest.InferInputTensor;
import inference.OpenInferenceGrpc.ModelInferRequest.InferRequestedOutputTensor;
import inference.OpenInferenceGrpc.ModelInferResponse;
import inference.OpenInferenceGrpc.ModelMetadataRequest;
import inference.OpenInferenceGrpc.ModelMetadataResponse;
import inference.OpenInferenceGrpc.ModelReadyRequest;
import inference.OpenInferenceGrpc.ModelReadyResponse;
import inference.OpenInferenceGrpc.ServerLiveRequest;
import inference.OpenInferenceGrpc.ServerLiveResponse;
import inference.OpenInferenceGrpc.ServerMetadataRequest;
import inference.OpenInferenceGrpc.ServerMetadataResponse;
import inference.OpenInferenceGrpc.ServerReadyRequest;
import inference.OpenInferenceGrpc.ServerReadyResponse;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The protocol by gRPC, judged by grpc-java and the messages that protoc makes of KServe's file.
 */
class GrpcTest {
  private static TestServer server;
  private static ManagedChannel channel;

  @BeforeAll
  static void start() {
    server = new TestServer();
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.server.port()).usePlaintext().build();
  }

  @AfterAll
  static void stop() throws InterruptedException {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    server.close();
  }

  private static <T extends MessageLite> MethodDescriptor.Marshaller<T> marshaller(
      Parser<T> parser) {
    return new MethodDescriptor.Marshaller<>() {
      @Override
      public InputStream stream(T value) {
        return value.toByteString().newInput();
      }

      @Override
      public T parse(InputStream stream) {
        try {
          return parser.parseFrom(stream);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  private static <T extends MessageLite, R extends MessageLite> R call(
      CallOptions options, String name, T request, Parser<T> in, Parser<R> out) {
    MethodDescriptor<T, R> method =
        MethodDescriptor.<T, R>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("inference.GRPCInferenceService/" + name)
            .setRequestMarshaller(marshaller(in))
            .setResponseMarshaller(marshaller(out))
            .build();
    return ClientCalls.blockingUnaryCall(channel, method, options, request);
  }

  private static ModelInferResponse infer(ModelInferRequest request) {
    return call(
        CallOptions.DEFAULT,
        "ModelInfer",
        request,
        ModelInferRequest.parser(),
        ModelInferResponse.parser());
  }

  private static Status refused(ModelInferRequest request) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> infer(request)).getStatus();
  }

  private static InferInputTensor.Builder input(int images) {
    return InferInputTensor.newBuilder()
        .setName("images")
        .setDatatype("FP32")
        .addAllShape(List.of((long) images, 64L, 64L, 3L));
  }

  private static ModelInferRequest.Builder request() {
    return ModelInferRequest.newBuilder().setModelName("small");
  }

  @Test
  void tellsWhatItIs() {
    assertThat(
            call(
                    CallOptions.DEFAULT,
                    "ServerLive",
                    ServerLiveRequest.getDefaultInstance(),
                    ServerLiveRequest.parser(),
                    ServerLiveResponse.parser())
                .getLive())
        .isTrue();
    assertThat(
            call(
                    CallOptions.DEFAULT,
                    "ServerReady",
                    ServerReadyRequest.getDefaultInstance(),
                    ServerReadyRequest.parser(),
                    ServerReadyResponse.parser())
                .getReady())
        .isTrue();
    ServerMetadataResponse metadata =
        call(
            CallOptions.DEFAULT,
            "ServerMetadata",
            ServerMetadataRequest.getDefaultInstance(),
            ServerMetadataRequest.parser(),
            ServerMetadataResponse.parser());
    assertThat(metadata.getName()).isEqualTo("mobilenet4j");
    assertThat(metadata.getExtensionsList()).contains("binary_tensor_data");
    assertThat(
            call(
                    CallOptions.DEFAULT,
                    "ModelReady",
                    ModelReadyRequest.newBuilder().setName("small").setVersion("1").build(),
                    ModelReadyRequest.parser(),
                    ModelReadyResponse.parser())
                .getReady())
        .isTrue();
    ModelMetadataResponse model =
        call(
            CallOptions.DEFAULT,
            "ModelMetadata",
            ModelMetadataRequest.newBuilder().setName("small").build(),
            ModelMetadataRequest.parser(),
            ModelMetadataResponse.parser());
    assertThat(model.getVersionsList()).isEqualTo(List.of("1"));
    assertThat(model.getInputs(0).getShapeList()).isEqualTo(List.of(-1L, 64L, 64L, 3L));
    assertThat(model.getOutputs(1).getName()).isEqualTo("logits");
    assertThat(model.getPropertiesMap()).containsEntry("width_multiplier", "0.25");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void givesTheLibrarysBits(int images) {
    float[] values = TestServer.values(images);
    float[] expected = TestServer.logits(TestServer.model(1), values);
    ModelInferRequest.Builder request =
        request().setId("42").addOutputs(InferRequestedOutputTensor.newBuilder().setName("logits"));
    ModelInferRequest raw =
        request
            .clone()
            .addInputs(input(images))
            .addRawInputContents(ByteString.copyFrom(TestServer.bytes(values)))
            .build();
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (float value : values) {
      contents.addFp32Contents(value);
    }
    ModelInferRequest typed =
        request.clone().addInputs(input(images).setContents(contents)).build();
    for (ModelInferRequest each : List.of(raw, typed)) {
      ModelInferResponse response = infer(each);
      assertThat(response.getId()).isEqualTo("42");
      assertThat(response.getModelName()).isEqualTo("small");
      assertThat(response.getModelVersion()).isEqualTo("1");
      assertThat(response.getOutputs(0).getShapeList())
          .isEqualTo(List.of((long) images, (long) TestServer.CLASSES));
      assertThat(TestServer.floats(response.getRawOutputContents(0).asReadOnlyByteBuffer()))
          .isEqualTo(expected);
    }
  }

  @Test
  void takesEncodedImages() throws IOException {
    ByteString koala =
        ByteString.copyFrom(
            Files.readAllBytes(
                Path.of(System.getProperty("mobilenet4j.root"), "samples/koala.jpg")));
    ModelInferResponse response =
        infer(
            request()
                .addInputs(
                    InferInputTensor.newBuilder()
                        .setName("images")
                        .setDatatype("BYTES")
                        .addShape(1)
                        .setContents(InferTensorContents.newBuilder().addBytesContents(koala)))
                .addOutputs(
                    InferRequestedOutputTensor.newBuilder()
                        .setName("probabilities")
                        .putParameters(
                            "classification", InferParameter.newBuilder().setInt64Param(2).build()))
                .build());
    assertThat(response.getOutputs(0).getDatatype()).isEqualTo("BYTES");
    assertThat(response.getOutputs(0).getShapeList()).isEqualTo(List.of(1L, 2L));
    assertThat(response.getRawOutputContents(0).toString(StandardCharsets.UTF_8))
        .contains(":class ");
  }

  /** Answers of more than a frame of HTTP/2, with trailers behind them. */
  @Test
  void sendsLongAnswers() {
    int images = 200;
    float[] values = TestServer.values(images);
    ModelInferRequest.Builder request =
        request()
            .addInputs(input(images))
            .addRawInputContents(ByteString.copyFrom(TestServer.bytes(values)));
    for (int i = 0; i < 10; i++) {
      request.addOutputs(InferRequestedOutputTensor.newBuilder().setName("logits"));
    }
    ModelInferResponse response = infer(request.build());
    assertThat(response.getSerializedSize()).isGreaterThan(70_000);
    assertThat(TestServer.floats(response.getRawOutputContents(9).asReadOnlyByteBuffer()))
        .isEqualTo(TestServer.logits(TestServer.model(1), values));
  }

  @Test
  void saysWhatIsWrong() {
    Status unknown = refused(request().setModelName("none").build());
    assertThat(unknown.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(unknown.getDescription()).contains("there is no model none; there are [small]");
    assertThat(refused(request().addInputs(input(1)).build()).getDescription())
        .contains("has 0 values, expected 12288");
    ModelInferRequest both =
        request()
            .addInputs(input(1).setContents(InferTensorContents.newBuilder().addFp32Contents(1)))
            .addRawInputContents(ByteString.EMPTY)
            .build();
    assertThat(refused(both).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused(both).getDescription()).contains("both contents and raw_input_contents");
    StatusRuntimeException other =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                call(
                    CallOptions.DEFAULT,
                    "ModelStreamInfer",
                    ServerLiveRequest.getDefaultInstance(),
                    ServerLiveRequest.parser(),
                    ServerLiveResponse.parser()));
    assertThat(other.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void keepsTheCallersDeadline() {
    ModelInferRequest request =
        request()
            .addInputs(input(256))
            .addRawInputContents(ByteString.copyFrom(TestServer.bytes(TestServer.values(256))))
            .build();
    StatusRuntimeException late =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                call(
                    CallOptions.DEFAULT.withDeadlineAfter(3, TimeUnit.MILLISECONDS),
                    "ModelInfer",
                    request,
                    ModelInferRequest.parser(),
                    ModelInferResponse.parser()));
    assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(infer(request).getOutputsCount()).isEqualTo(2);
  }
}

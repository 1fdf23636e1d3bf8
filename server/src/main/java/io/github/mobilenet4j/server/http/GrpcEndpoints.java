package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.server.models.Call;
import io.github.mobilenet4j.server.protocol.GrpcReader;
import io.github.mobilenet4j.server.protocol.GrpcWriter;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** The Open Inference Protocol v2 by gRPC: its six calls, of one message each way. */
public final class GrpcEndpoints {
  private static final String SERVICE = "/inference.GRPCInferenceService/";

  private final Served served;

  /** What answers a message with one, behind the 5 bytes of its frame. */
  private interface Method {
    ByteBuffer answer(ByteBuffer message);
  }

  /** Makes them. */
  public GrpcEndpoints(Served served) {
    this.served = served;
  }

  /** Returns the addresses of the calls. */
  public List<Route> routes() {
    return List.of(
        route("ServerLive", Access.PUBLIC, _ -> GrpcWriter.flag(true)),
        route("ServerReady", Access.PUBLIC, _ -> GrpcWriter.flag(served.ready().getAsBoolean())),
        route("ServerMetadata", Access.INFERENCE, _ -> GrpcWriter.server(served.server())),
        route("ModelReady", Access.INFERENCE, this::modelReady),
        route("ModelMetadata", Access.INFERENCE, this::modelMetadata),
        new Route("POST", SERVICE + "ModelInfer", Access.INFERENCE, this::infer),
        // What is called beside them is told so in gRPC's words.
        new Route(
            "POST",
            SERVICE + "{call}",
            Access.PUBLIC,
            exchange -> {
              throw new Refusal(
                  Reason.UNIMPLEMENTED,
                  "there is no call %s".formatted(Refusal.abridged(exchange.path("call"))));
            }));
  }

  private static Route route(String name, Access access, Method method) {
    return new Route("POST", SERVICE + name, access, exchange -> answer(exchange, method));
  }

  private static void answer(Exchange exchange, Method method) throws IOException {
    if (!GrpcFrames.isGrpc(exchange.request())) {
      throw new Refusal(Reason.MEDIA_TYPE, "the body is not application/grpc");
    }
    ByteBuffer message = GrpcFrames.message(exchange.body());
    GrpcFrames.send(exchange, method.answer(message));
  }

  private ByteBuffer modelReady(ByteBuffer message) {
    GrpcReader.ModelName model = GrpcReader.model(message);
    return GrpcWriter.flag(served.models().isReady(model.name(), model.version()));
  }

  private ByteBuffer modelMetadata(ByteBuffer message) {
    GrpcReader.ModelName model = GrpcReader.model(message);
    return GrpcWriter.model(served.models().metadata(model.name(), model.version()));
  }

  private void infer(Exchange exchange) throws IOException {
    Call call = Calls.of(exchange, GrpcFrames.timeout(exchange));
    served.service().check(call);
    answer(exchange, message -> infer(message, call));
  }

  private ByteBuffer infer(ByteBuffer message, Call call) {
    GrpcReader.ModelInfer infer = GrpcReader.infer(message);
    return GrpcWriter.infer(
        served
            .service()
            .infer(infer.model().name(), infer.model().version(), infer.request(), call));
  }
}

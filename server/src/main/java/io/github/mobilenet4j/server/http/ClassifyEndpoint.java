package io.github.mobilenet4j.server.http;

import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.server.models.Call;
import io.github.mobilenet4j.server.protocol.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.http.HttpHeader;

/** For people and for curl: an image in, or a form with several, and out what they show. */
public final class ClassifyEndpoint {
  private static final int TOP = 5;
  private static final int MOST_TOP = 1000;

  private final Served served;

  /** Makes it. */
  public ClassifyEndpoint(Served served) {
    this.served = served;
  }

  /** Returns its address. */
  public Route route() {
    return new Route("POST", "/classify", Access.INFERENCE, this::answer);
  }

  private void answer(Exchange exchange) throws IOException {
    String model = exchange.query("model").orElseGet(() -> served.models().names().getFirst());
    Optional<String> version = exchange.query("version");
    int top = top(exchange);
    Call call = Calls.of(exchange, Optional.empty());
    served.service().check(model, version, call);
    List<Form.Upload> uploads = uploads(exchange);
    List<Predictions> predictions =
        served
            .service()
            .classify(model, version, uploads.stream().map(Form.Upload::bytes).toList(), top, call);
    List<Object> images = new ArrayList<>();
    for (int i = 0; i < uploads.size(); i++) {
      Map<String, Object> image = new LinkedHashMap<>();
      image.put("name", uploads.get(i).name());
      image.put(
          "predictions", predictions.get(i).stream().map(ClassifyEndpoint::prediction).toList());
      image.put("unknown", predictions.get(i).unknown());
      images.add(image);
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("images", images);
    exchange.json(200, json);
  }

  private static Map<String, Object> prediction(Prediction prediction) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("index", prediction.index());
    json.put("label", prediction.label());
    json.put("probability", prediction.probability());
    return json;
  }

  private static int top(Exchange exchange) {
    Optional<String> text = exchange.query("top");
    if (text.isEmpty()) {
      return TOP;
    }
    if (!text.get().matches("\\d{1,4}")
        || Integer.parseInt(text.get()) < 1
        || Integer.parseInt(text.get()) > MOST_TOP) {
      throw Refusal.bad(
          "top is %s, expected 1 to %s".formatted(Refusal.abridged(text.get()), MOST_TOP));
    }
    return Integer.parseInt(text.get());
  }

  private static List<Form.Upload> uploads(Exchange exchange) throws IOException {
    byte[] body = exchange.body();
    List<Form.Upload> uploads =
        exchange.mediaType().filter("multipart/form-data"::equals).isPresent()
            ? Form.files(exchange.header(HttpHeader.CONTENT_TYPE.asString()).orElse(""), body)
            : List.of(new Form.Upload("", body));
    if (uploads.isEmpty() || body.length == 0) {
      throw Refusal.bad("there is no image in the request");
    }
    return uploads;
  }
}

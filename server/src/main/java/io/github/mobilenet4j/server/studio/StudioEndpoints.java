package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.explanation.ClassActivationMap;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.report.ExplanationData;
import io.github.mobilenet4j.server.http.Access;
import io.github.mobilenet4j.server.http.Endpoint;
import io.github.mobilenet4j.server.http.Exchange;
import io.github.mobilenet4j.server.http.Route;
import io.github.mobilenet4j.server.protocol.Refusal;
import io.github.mobilenet4j.server.protocol.Refusal.Reason;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/** What the pages ask for. Names from outside stand behind the question mark. */
final class StudioEndpoints {
  private static final String API = "/studio/api/";
  private static final String PROJECT = "project";
  private static final String CLASS = "class";
  private static final String NAME = "name";
  private static final String OF = "of";
  private static final String MODEL = "model";
  private static final int TOP = 5;
  private static final int THUMBNAIL = 160;
  private static final int MOST_EPOCHS = 200;
  private static final Duration GRID = Duration.ofMillis(400);

  /** So long without anything new, and a comment shows that somebody is still there. */
  private static final Duration QUIET = Duration.ofSeconds(5);

  /** No more often than people can see. */
  private static final Duration BETWEEN = Duration.ofMillis(200);

  /** A report has its styles and images in itself, and nothing else may run in it. */
  private static final String REPORT_POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

  private final Workshop workshop;
  private final Exporter exporter;
  private final BooleanSupplier closed;

  /** Explanations are large: one after the other. */
  private final Semaphore explaining = new Semaphore(1, true);

  StudioEndpoints(Workshop workshop, BooleanSupplier closed) {
    this.workshop = workshop;
    this.exporter = new Exporter(workshop.pictures());
    this.closed = closed;
  }

  List<Route> routes() {
    return List.of(
        route("GET", "state", this::state),
        route("POST", "try", this::look),
        route("POST", "explain", this::explain),
        route("POST", "projects", this::create),
        route("GET", PROJECT, exchange -> exchange.json(200, project(exchange).json())),
        route("POST", CLASS, this::addClass),
        route("PUT", CLASS, this::renameClass),
        route("DELETE", CLASS, this::removeClass),
        route("GET", "images", this::images),
        route("GET", "image", this::image),
        route("POST", "image", this::addImage),
        route("PUT", "image", this::moveImage),
        route("DELETE", "image", this::removeImage),
        route("POST", "predict", this::predict),
        route("GET", "confusion", this::confusion),
        route("GET", "training", this::training),
        route("POST", "training", this::train),
        route("DELETE", "training", this::stop),
        route("GET", "progress", this::progress),
        route("GET", "report", this::report),
        route("POST", "export", this::export),
        route("GET", "export", this::exported));
  }

  private static Route route(String method, String name, Endpoint endpoint) {
    return new Route(
        method,
        API + name,
        Access.MANAGEMENT,
        exchange -> {
          try {
            endpoint.answer(exchange);
          } catch (MobileNetException e) {
            // About somebody's images or files, and what is to be done about it.
            throw new Refusal(Reason.BAD_REQUEST, e.getMessage(), e);
          }
        });
  }

  private static String required(Exchange exchange, String name) {
    return exchange
        .query(name)
        .orElseThrow(() -> Refusal.bad("the parameter %s is missing".formatted(name)));
  }

  private static Map<String, Object> json(Object... namesAndValues) {
    Map<String, Object> json = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      json.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return json;
  }

  private Teaching project(Exchange exchange) {
    return workshop.teaching(required(exchange, PROJECT));
  }

  /** Whether what is asked is of the training, and not of the head. */
  private static boolean trained(Exchange exchange) {
    return exchange.query(OF).filter("run"::equals).isPresent();
  }

  private void state(Exchange exchange) throws IOException {
    exchange.json(
        200,
        json(
            "models", workshop.modelNames(),
            "projects", workshop.projects(),
            "processors", Runtime.getRuntime().availableProcessors()));
  }

  /** Returns the image that is the body. */
  private RgbImage posted(Exchange exchange) throws IOException {
    byte[] body = exchange.body();
    if (body.length == 0) {
      throw Refusal.bad("there is no image in the request");
    }
    return workshop.pictures().read(body);
  }

  /** Returns the engine of a project or of a model that is served. */
  private Engine engine(Exchange exchange) {
    Optional<String> project = exchange.query(PROJECT);
    return project.isPresent()
        ? workshop.learned(project.get(), trained(exchange))
        : workshop.served(exchange.query(MODEL).orElseGet(() -> workshop.modelNames().getFirst()));
  }

  private void look(Exchange exchange) throws IOException {
    Engine engine = engine(exchange);
    RgbImage image = posted(exchange);
    long start = System.nanoTime();
    Engine.Look look = engine.look(image, TOP);
    double milliseconds = (System.nanoTime() - start) / 1e6;
    List<Object> classes = new ArrayList<>();
    for (Prediction prediction : look.predictions()) {
      classes.add(json("label", prediction.label(), "probability", prediction.probability()));
    }
    ClassActivationMap map = look.map();
    List<Object> values = new ArrayList<>();
    for (double value : map.values()) {
      values.add(value);
    }
    exchange.json(
        200,
        json(
            "classes", classes,
            "unknown", look.predictions().unknown(),
            "milliseconds", milliseconds,
            "image",
                "data:image/jpeg;base64,"
                    + Base64.getEncoder().encodeToString(Pictures.jpeg(engine.fitted(image))),
            "map", json("height", map.height(), "width", map.width(), "values", values),
            "bias", map.bias(),
            "logit", map.computed()));
  }

  private void explain(Exchange exchange) throws IOException {
    Engine engine = engine(exchange);
    RgbImage image = posted(exchange);
    Model model = engine.model();
    String name = exchange.query(NAME).map(Refusal::abridged).orElse("image");
    String of =
        exchange
            .query(PROJECT)
            .or(() -> exchange.query(MODEL))
            .orElseGet(() -> workshop.modelNames().getFirst());
    explaining.acquireUninterruptibly();
    try {
      ExplanationData data =
          ExplanationData.of(
              model,
              image,
              new ExplanationData.Options(
                  name,
                  of,
                  Precision.of(model.weights()),
                  Runtime.getRuntime().availableProcessors(),
                  TOP,
                  GRID));
      exchange.json(200, data.json());
    } finally {
      explaining.release();
    }
  }

  private void create(Exchange exchange) throws IOException {
    String name =
        workshop.create(
            required(exchange, NAME),
            exchange.query(MODEL).orElseGet(() -> workshop.modelNames().getFirst()));
    exchange.json(200, json(PROJECT, name));
  }

  private void addClass(Exchange exchange) throws IOException {
    Teaching teaching = project(exchange);
    teaching.project().addClass(required(exchange, NAME));
    changed(exchange, teaching);
  }

  private static void changed(Exchange exchange, Teaching teaching) throws IOException {
    teaching.changed();
    exchange.json(200, teaching.json());
  }

  private void renameClass(Exchange exchange) throws IOException {
    Teaching teaching = project(exchange);
    teaching.project().renameClass(required(exchange, CLASS), required(exchange, NAME));
    changed(exchange, teaching);
  }

  private void removeClass(Exchange exchange) throws IOException {
    Teaching teaching = project(exchange);
    teaching.project().removeClass(required(exchange, CLASS));
    changed(exchange, teaching);
  }

  private void images(Exchange exchange) throws IOException {
    Contents contents = project(exchange).refresh();
    String className = required(exchange, CLASS);
    exchange.json(200, json("images", contents.of(className).stream().map(Picture::name).toList()));
  }

  private void image(Exchange exchange) throws IOException {
    Teaching teaching = project(exchange);
    Path file = teaching.project().image(required(exchange, CLASS), required(exchange, NAME));
    RgbImage image = workshop.pictures().read(file);
    byte[] bytes =
        exchange.query("size").filter("full"::equals).isPresent()
            ? Pictures.jpeg(image)
            : Pictures.jpeg(teaching.backbone().engine().fitted(image, THUMBNAIL));
    exchange.set("Cache-Control", "private, max-age=86400");
    exchange.send(200, "image/jpeg", ByteBuffer.wrap(bytes));
  }

  private void addImage(Exchange exchange) throws IOException {
    Teaching teaching = project(exchange);
    String className = required(exchange, CLASS);
    byte[] body = exchange.body();
    String ending = Pictures.ending(body);
    workshop.pictures().read(body); // What is no image after all would be in the way for ever.
    String name = teaching.add(className, body, ending);
    exchange.json(200, json(NAME, name, "images", teaching.project().count(className)));
  }

  private void moveImage(Exchange exchange) throws IOException {
    Teaching teaching = project(exchange);
    teaching
        .project()
        .move(required(exchange, CLASS), required(exchange, NAME), required(exchange, "to"));
    changed(exchange, teaching);
  }

  private void removeImage(Exchange exchange) throws IOException {
    Teaching teaching = project(exchange);
    teaching.project().remove(required(exchange, CLASS), required(exchange, NAME));
    changed(exchange, teaching);
  }

  private void predict(Exchange exchange) throws IOException {
    String project = required(exchange, PROJECT);
    RgbImage image = posted(exchange);
    exchange.json(200, json("classes", workshop.predict(project, trained(exchange), image)));
  }

  private void confusion(Exchange exchange) throws IOException {
    if (!trained(exchange)) {
      exchange.json(200, project(exchange).confusion());
      return;
    }
    Path file = workshop.run(required(exchange, PROJECT)).path().resolve(TrainingJob.EVALUATION);
    if (!Files.exists(file)) {
      throw new Refusal(Reason.NOT_FOUND, "no training has come to its end yet");
    }
    exchange.text(200, Exchange.JSON, Files.readString(file));
  }

  /** Returns what is known of a project's training. */
  private Map<String, Object> trainingOf(String project) {
    RunFolder folder = workshop.run(project);
    Map<String, Object> json =
        workshop
            .job(project)
            .map(TrainingJob::json)
            .or(() -> TrainingJob.json(folder))
            .orElseGet(() -> json("state", "NONE"));
    json.put(MODEL, Files.exists(folder.model()));
    json.put("report", Files.exists(folder.report()));
    return json;
  }

  private void training(Exchange exchange) throws IOException {
    exchange.json(200, trainingOf(required(exchange, PROJECT)));
  }

  private void train(Exchange exchange) throws IOException {
    String project = required(exchange, PROJECT);
    boolean resume = exchange.query("resume").isPresent();
    String epochs = exchange.query("epochs").orElse("10");
    if (!epochs.matches("\\d{1,3}")
        || Integer.parseInt(epochs) < 2
        || Integer.parseInt(epochs) > MOST_EPOCHS) {
      throw Refusal.bad(
          "epochs is %s, expected 2 to %s".formatted(Refusal.abridged(epochs), MOST_EPOCHS));
    }
    workshop.train(project, Integer.parseInt(epochs), resume);
    exchange.json(200, trainingOf(project));
  }

  private void stop(Exchange exchange) throws IOException {
    String project = required(exchange, PROJECT);
    workshop.job(project).ifPresent(TrainingJob::stop);
    exchange.json(200, trainingOf(project));
  }

  /** Tells of a training, as server-sent events, until it has ended or nobody listens. */
  private void progress(Exchange exchange) throws IOException {
    String project = required(exchange, PROJECT);
    Optional<TrainingJob> job = workshop.job(project);
    exchange.set("Cache-Control", "no-store");
    try (OutputStream out = exchange.stream(200, "text/event-stream")) {
      long version = -1;
      boolean running = true;
      while (running && !closed.getAsBoolean()) {
        running = job.map(TrainingJob::isRunning).orElse(false);
        out.write(event(trainingOf(project)));
        out.flush();
        if (running) {
          Thread.sleep(BETWEEN);
          long next = job.get().await(version, QUIET);
          if (next == version) {
            out.write(": still there\n\n".getBytes(StandardCharsets.UTF_8));
          }
          version = next;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] event(Map<String, Object> json) {
    return ("data: " + Json.text(json) + "\n\n").getBytes(StandardCharsets.UTF_8);
  }

  private void report(Exchange exchange) throws IOException {
    Path file = workshop.run(required(exchange, PROJECT)).report();
    if (!Files.exists(file)) {
      throw new Refusal(Reason.NOT_FOUND, "no training has come to its end yet");
    }
    exchange.set("Content-Security-Policy", REPORT_POLICY);
    exchange.send(200, "text/html;charset=utf-8", ByteBuffer.wrap(Reading.bytes(file)));
  }

  private Path exports(String project, ExportKind kind) {
    return workshop
        .teaching(project)
        .project()
        .own("exports")
        .resolve(kind.name().toLowerCase(Locale.ROOT));
  }

  private void export(Exchange exchange) throws IOException {
    String project = required(exchange, PROJECT);
    ExportKind kind = ExportKind.of(required(exchange, "format"));
    Model model = workshop.model(project, trained(exchange));
    List<Picture> pictures = workshop.teaching(project).refresh().pictures();
    exchange.json(200, exporter.write(kind, model, exports(project, kind), pictures));
  }

  private void exported(Exchange exchange) throws IOException {
    String project = required(exchange, PROJECT);
    ExportKind kind = ExportKind.of(required(exchange, "format"));
    Path file =
        Exporter.written(kind, exports(project, kind))
            .orElseThrow(() -> new Refusal(Reason.NOT_FOUND, "the model was not exported yet"));
    exchange.set("Content-Disposition", "attachment; filename=\"" + file.getFileName() + "\"");
    exchange.send(200, "application/octet-stream", ByteBuffer.wrap(Reading.bytes(file)));
  }
}

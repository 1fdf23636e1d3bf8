package io.github.mobilenet4j;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.github.mobilenet4j.data.Splits;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Prediction;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.training.run.EpochMetrics;
import io.github.mobilenet4j.training.run.RunFolder;
import io.github.mobilenet4j.training.run.Trainer;
import io.github.mobilenet4j.training.run.TrainingListener;
import io.github.mobilenet4j.training.run.TrainingOptions;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.RandomWeights;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The Java in README.md, and in its Chinese version, compiles, since it is in this file, and does
 * what is said there.
 */
class ReadmeTest {
  private static final Path ROOT = Path.of(System.getProperty("mobilenet4j.root"));
  private static final Path SELF =
      Path.of("cli/src/test/java/io/github/mobilenet4j/ReadmeTest.java");
  private static final Path SPRING =
      Path.of(
          "spring-boot-starter/src/test/java/io/github/mobilenet4j/spring/upload/UploadApplication.java");
  private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @SuppressWarnings("unused") // its files are nobody's
  private static void classify() {
    Model model = Models.read(Path.of("mobilenet.tflite"));
    try (Classifier classifier = Classifier.of(model)) {
      for (Prediction p : classifier.classify(Path.of("photo.jpg"), 5)) {
        System.out.printf("%5.1f %%  %s%n", 100 * p.probability(), p.label());
      }
      RgbImage photo = new ImageReader().read(Path.of("photo.jpg"));
      float[] embedding = classifier.embedding(photo); // to search and to compare pictures by
    }
  }

  @SuppressWarnings("unused") // its files are nobody's
  private static void train() {
    Model start = Models.read(Path.of("mobilenet.tflite"));
    Splits images = Splits.read(Path.of("pets"), Splits.Fractions.DEFAULT);
    TrainingOptions options = TrainingOptions.fineTuning(start).epochs(20).build();
    RunFolder folder = new RunFolder(Path.of("runs/pets"));
    Trainer trainer = Trainer.of(images, options, folder).from(start);
    trainer.listener(
        new TrainingListener() {
          @Override
          public void epoch(EpochMetrics epoch, boolean best) {
            System.out.printf("%2d: %.1f %%%n", epoch.epoch(), 100 * epoch.validation().top1());
          }
        });
    Model model = trainer.train().model();
  }

  private static HttpServer serve(Model model, int port) throws IOException {
    Classifier classifier =
        Classifier.builder(model).threads(1).maxWait(Duration.ofSeconds(2)).build();
    classifier.warmUp(); // before it is said to be ready: the first calls are slow otherwise
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/classify",
        exchange -> {
          int status = 200;
          String answer;
          try {
            answer = classifier.classify(exchange.getRequestBody(), 1).getFirst().label();
          } catch (ImageException e) { // what came is no image, and the message says why
            status = 400;
            answer = e.getMessage();
          } catch (BusyException e) { // more calls at once than there is room for
            status = 503;
            answer = e.getMessage();
          }
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  @Test
  void theServerTellsWhoIsToBlame() throws IOException, InterruptedException {
    HttpServer server = serve(ModelFile.bundled(), 0);
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(
              URI.create("http://localhost:" + server.getAddress().getPort() + "/classify"));
      HttpResponse<String> koala =
          client.send(
              request.POST(BodyPublishers.ofFile(ROOT.resolve("samples/koala.jpg"))).build(),
              BodyHandlers.ofString());
      assertThat(koala.statusCode() + " " + koala.body()).isEqualTo("200 koala");
      HttpResponse<String> text =
          client.send(
              request.POST(BodyPublishers.ofString("a cat")).build(), BodyHandlers.ofString());
      assertThat(text.statusCode()).isEqualTo(400);
      assertThat(text.body()).startsWith("the image: ");
    } finally {
      server.stop(0);
    }
  }

  private static float[] logits(Model model, List<RgbImage> images, int threads) {
    InferencePlan plan = InferencePlan.compile(model.network(), model.weights());
    MobileNetV1 network = plan.network();
    int size = (int) network.input().size();
    float[] x = new float[images.size() * size];
    float[] logits = new float[images.size() * network.classes()];
    for (int i = 0; i < images.size(); i++) {
      model.preprocessing().apply(images.get(i), network.height(), network.width(), x, i * size);
    }
    try (Session session = new Session(plan, images.size(), threads)) {
      session.run(x, images.size(), logits);
    }
    return logits;
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "README.zh-CN.md"})
  void showsThisCode(String readme) throws IOException {
    String code =
        unindented(Files.readString(ROOT.resolve(SELF)) + Files.readString(ROOT.resolve(SPRING)));
    assertThat(CODE.matcher(Files.readString(ROOT.resolve(readme))).results().toList())
        .hasSize(5)
        .allSatisfy(block -> assertThat(code).contains(unindented(block.group(1))));
  }

  @Test
  void aBatchGivesTheLogitsOfItsPictures() {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).resolution(32).classes(10).build();
    Model model =
        new Model(
            network,
            RandomWeights.of(network, 1),
            Preprocessing.TENSORFLOW,
            Labels.numbered(10),
            Map.of());
    List<RgbImage> images = Stream.of(1, 2, 3).map(ReadmeTest::noise).toList();
    float[] logits = logits(model, images, 2);
    try (Classifier classifier = Classifier.of(model, 1)) {
      for (int i = 0; i < images.size(); i++) {
        assertThat(classifier.logits(images.get(i)))
            .containsExactly(Arrays.copyOfRange(logits, 10 * i, 10 * i + 10));
      }
    }
  }

  private static RgbImage noise(int seed) {
    byte[] rgb = new byte[40 * 50 * 3];
    new SplittableRandom(seed).nextBytes(rgb);
    return new RgbImage(40, 50, rgb);
  }

  private static String unindented(String code) {
    return code.lines().map(String::strip).collect(Collectors.joining("\n"));
  }
}

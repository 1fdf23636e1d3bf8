package io.github.mobilenet4j.server;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.image.ImageReader;
import io.github.mobilenet4j.server.models.ModelSpec;
import io.github.mobilenet4j.server.studio.Studio;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The studio in a real browser: Debian's Chromium and Node, where they are installed. With {@code
 * -Dstudio.screenshots=DIR} it leaves pictures of the pages there.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StudioBrowserTest {
  private static final Path ROOT = Path.of(System.getProperty("mobilenet4j.root"));
  private static final Path PANDA = ROOT.resolve("samples/red-panda.jpg");
  private static final List<String> SHAPES = List.of("circle", "square", "stripes");
  private static final int EACH = 30;

  @TempDir private static Path folder;

  private static final List<String> requests = new CopyOnWriteArrayList<>();
  private static final List<String> faults = new CopyOnWriteArrayList<>();
  private static InferenceServer server;
  private static Studio studio;
  private static Chromium chromium;

  @BeforeAll
  static void open() throws IOException {
    Chromium.assumeInstalled();
    drawShapes();
    Path camera = folder.resolve("camera.mjpeg");
    try (OutputStream out = Files.newOutputStream(camera)) {
      BufferedImage panda = ImageIO.read(PANDA.toFile());
      for (int i = 0; i < 8; i++) { // JPEGs one after the other, no two the same
        panda.getGraphics().fillRect(0, 8 * i, 40, 8);
        ImageIO.write(panda, "jpeg", out);
      }
    }
    server =
        new InferenceServer(
            TestServer.OPTIONS,
            List.of(
                new ModelSpec("mobilenet", "1", Optional.empty(), ModelFile::bundled),
                TestServer.spec("small", TestServer.model(1))),
            models -> {
              studio = new Studio(folder.resolve("projects"), models);
              return studio.routes();
            });
    server.start();
    chromium =
        Chromium.start(
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            "--use-file-for-fake-video-capture=" + camera);
  }

  @AfterAll
  static void close() {
    if (chromium != null) {
      chromium.close();
    }
    if (server != null) {
      studio.close();
      server.close();
    }
  }

  private static void drawShapes() throws IOException {
    Random random = new Random(1);
    for (String shape : SHAPES) {
      Path own = Files.createDirectories(folder.resolve("shapes").resolve(shape));
      for (int i = 0; i < EACH; i++) {
        BufferedImage image = new BufferedImage(160, 160, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(color(random, 0));
        graphics.fillRect(0, 0, 160, 160);
        graphics.setColor(color(random, 140));
        int side = 50 + random.nextInt(40);
        int x = 10 + random.nextInt(50);
        int y = 10 + random.nextInt(50);
        switch (shape) {
          case "circle" -> graphics.fillOval(x, y, side, side);
          case "square" -> graphics.fillRect(x, y, side, side);
          default -> {
            for (int k = x % 20; k < 160; k += 20) {
              graphics.fillRect(k, 0, 10, 160);
            }
          }
        }
        graphics.dispose();
        ImageIO.write(image, "jpeg", own.resolve(i + ".jpg").toFile());
      }
    }
  }

  private static Color color(Random random, int from) {
    return new Color(
        from + random.nextInt(115), from + random.nextInt(115), from + random.nextInt(115));
  }

  private static String address(String path) {
    return "http://127.0.0.1:" + server.port() + "/" + path;
  }

  private static Page page(int width, ColorScheme colors, String language) {
    BrowserContext context =
        chromium
            .browser()
            .newContext(
                new Browser.NewContextOptions()
                    .setViewportSize(width, 900)
                    .setColorScheme(colors)
                    .setLocale(language));
    context.setDefaultTimeout(60_000);
    Page page = context.newPage();
    page.onRequest(request -> requests.add(request.url()));
    page.onConsoleMessage(message -> faults.add(message.text()));
    page.onPageError(faults::add);
    return page;
  }

  private static Page english() {
    return page(1300, ColorScheme.LIGHT, "en");
  }

  private static Locator patiently(Locator locator) {
    try {
      locator.waitFor(new Locator.WaitForOptions().setTimeout(40_000));
    } catch (RuntimeException e) {
      throw new AssertionError(locator + "\n" + locator.page().locator("body").innerText(), e);
    }
    return locator;
  }

  private static void chooseImage(Page page, Path image) {
    patiently(page.locator("input[type=file]:not([webkitdirectory])").last());
    page.locator("main label:has-text('Choose an image') input").setInputFiles(image);
  }

  @Test
  @Order(1)
  void anImageIsTried() {
    Page page = english();
    page.navigate(address(""));
    page.locator("main label.button input").setInputFiles(PANDA);
    assertThat(patiently(page.locator(".bars .best"))).containsText("red panda");
    assertThat(page.locator(".veil canvas")).hasCount(1);
    page.getByText("Show where it looked").click();
    assertThat(page.locator("div.veil")).isHidden();
    page.close();
  }

  @Test
  @Order(2)
  void theCameraIsSeenLive() {
    Page page = english();
    page.navigate(address("#try"));
    Locator button =
        page.locator("button[aria-pressed]", new Page.LocatorOptions().setHasText("Camera on"));
    button.click();
    assertThat(patiently(page.locator(".bars .best"))).containsText("red panda");
    page.getByText("Camera off").click();
    assertThat(page.getByText("Camera on")).isVisible();
    page.close();
  }

  /** From images to an ONNX file that somebody else's program runs. */
  @Test
  @Order(3)
  void itIsTaught() throws IOException, InterruptedException {
    Page page = english();
    page.navigate(address("#teach"));
    page.locator("main input[type=text]").fill("Shapes");
    page.getByText("Create").click();
    patiently(page.locator(".card.new"));
    page.locator("input[webkitdirectory]").setInputFiles(folder.resolve("shapes"));
    patiently(page.getByText("Of images that it had not learned from"));
    requireThirtyEach(page);
    page.reload();
    patiently(page.getByText("Of images that it had not learned from"));
    requireThirtyEach(page);

    Path circle = folder.resolve("shapes/circle/3.jpg");
    page.locator(".right label.button input").setInputFiles(circle);
    assertThat(patiently(page.locator(".right .bars .best"))).containsText("circle");

    page.locator(".matrix td.right button").first().click();
    int shown = page.locator(".confusion .thumbs img").count();
    assertThat(shown).isBetween(EACH / 2, EACH);

    Download onnx = page.waitForDownload(() -> page.getByText("ONNX").click());
    Path file = folder.resolve("taught.onnx");
    onnx.saveAs(file);
    assertThat(page.locator(".export .status")).containsText("the same answers on 8 images");
    double[] logits = run(file, circle);
    double[] expected = predicted("Shapes", circle);
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit);
    }
    for (int k = 0; k < expected.length; k++) {
      assertThat(Math.exp(logits[k]) / sum).isCloseTo(expected[k], within(2e-4));
    }
    page.close();
  }

  private static void requireThirtyEach(Page page) {
    assertThat(page.locator(".card:not(.new) .count")).hasText(new String[] {"30", "30", "30"});
    assertThat(page.locator(".card:not(.new) h2")).hasText(SHAPES.toArray(String[]::new));
  }

  private static double[] run(Path onnx, Path image) throws IOException, InterruptedException {
    Model model = ModelFile.bundled();
    int height = model.network().height();
    int width = model.network().width();
    float[] x = new float[3 * height * width];
    model.preprocessing().apply(new ImageReader().read(image), height, width, x, 0);
    float[] planes = new float[x.length];
    for (int i = 0; i < height * width; i++) {
      for (int c = 0; c < 3; c++) {
        planes[c * height * width + i] = x[3 * i + c];
      }
    }
    return OnnxJudge.logits(onnx, planes, height);
  }

  private static double[] predicted(String project, Path image)
      throws IOException, InterruptedException {
    Map<?, ?> json = post("predict?project=" + project, image);
    return ((List<?>) json.get("classes"))
        .stream()
            .mapToDouble(one -> ((Number) ((Map<?, ?>) one).get("probability")).doubleValue())
            .toArray();
  }

  private static Map<?, ?> post(String path, Path image) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(address("studio/api/" + path)))
                  .POST(HttpRequest.BodyPublishers.ofFile(image))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return (Map<?, ?>) Json.parse("answer", answer.body());
    }
  }

  /** Classes by hand: one recorded from the camera by key, an image removed, one moved. */
  @Test
  @Order(4)
  void imagesAreRecordedRemovedAndMoved() throws IOException {
    Page page = english();
    page.navigate(address("#teach"));
    page.locator("main input[type=text]").fill("animals & co");
    page.locator("main select").selectOption("small");
    page.getByText("Create").click();
    for (String name : List.of("panda", "other")) {
      patiently(page.locator(".card.new")).locator("input").fill(name);
      page.getByText("Add class").click();
      assertThat(page.locator("article[aria-label='" + name + "']")).isVisible();
    }
    Locator panda = page.locator("article[aria-label=panda]");
    page.locator(".right").getByText("Camera on").click();
    Locator hold = panda.getByText("Hold to record");
    patiently(hold).focus();
    page.keyboard().down(" ");
    page.waitForFunction(
        "() => Number(document.querySelector('article[aria-label=panda] .count').textContent) > 2");
    page.keyboard().up(" ");
    Locator other = page.locator("article[aria-label=other]");
    other
        .locator("input[multiple]")
        .setInputFiles(new Path[] {folder.resolve("shapes/square/1.jpg"), PANDA});
    assertThat(other.locator(".count")).hasText("2");
    patiently(page.getByText("Worth a look"));
    other.locator(".thumb").first().click();
    other.locator("select").selectOption("panda");
    other.getByText("Move to").click();
    assertThat(other.locator(".count")).hasText("1");
    other.locator(".thumb").first().click();
    other.locator(".selected").getByText("Remove").click();
    assertThat(other.locator(".count")).hasText("0");
    try (Stream<Path> removed =
        Files.list(folder.resolve("projects/animals & co/.studio/removed"))) {
      assertThat(removed).hasSize(1);
    }
    page.close();
  }

  /** A whole training, stopped in the middle and gone on with. */
  @Test
  @Order(5)
  void aNetworkIsFineTuned() {
    Page page = english();
    page.navigate(address("#teach"));
    page.locator("main input[type=text]").fill("small shapes");
    page.locator("main select").selectOption("small");
    page.getByText("Create").click();
    patiently(page.locator(".card.new"));
    page.locator("input[webkitdirectory]").setInputFiles(folder.resolve("shapes"));
    patiently(page.getByText("Of images that it had not learned from"));
    Locator tuning = page.locator(".tuning");
    tuning.locator("input").fill("40");
    tuning.getByText("Start").click();
    patiently(tuning.locator(".learning").first());
    tuning.getByText("Stop").click();
    patiently(tuning.getByText("Stopped;"));
    page.reload();
    patiently(tuning.locator("button", new Locator.LocatorOptions().setHasText("Go on"))).click();
    patiently(tuning.getByText("Finished."));
    assertThat(tuning.locator(".learning")).hasCount(2);
    page.locator(".confusion select").selectOption("run");
    patiently(page.locator(".matrix td.right button").first()).click();
    patiently(page.locator(".confusion .thumbs img").first());
    Page report = page.context().waitForPage(() -> tuning.getByText("Report").click());
    patiently(report.locator("h1"));
    report.close();
    page.close();
  }

  @Test
  @Order(6)
  void theSumIsTheLogit() throws IOException, InterruptedException {
    Page page = english();
    page.navigate(address("#understand"));
    chooseImage(page, PANDA);
    Locator equation = page.locator(".equation > span");
    patiently(equation.first());
    double bias = Chromium.numbers(equation.nth(0).innerText()).getFirst();
    double mean = Chromium.numbers(equation.nth(1).innerText()).getFirst();
    double logit = Chromium.numbers(equation.nth(2).innerText()).getFirst();
    assertThat(bias + mean).isCloseTo(logit, within(0.0151));
    double computed = ((Number) post("try", PANDA).get("logit")).doubleValue();
    assertThat(logit).isCloseTo(computed, within(0.02));
    page.locator(".ask select").selectOption("head/Shapes");
    patiently(
        page.locator(
            ".explanation h1",
            new Page.LocatorOptions().setHasText(Pattern.compile("circle|square|stripes"))));
    page.close();
  }

  @ParameterizedTest
  @Order(7)
  @CsvSource({"1300, LIGHT, en", "1300, DARK, zh-CN", "400, LIGHT, zh-CN", "400, DARK, en"})
  void anybodyCanUseIt(int width, ColorScheme colors, String language) throws IOException {
    Page page = page(width, colors, language);
    for (String name : List.of("try", "teach", "teach/Shapes", "understand")) {
      page.navigate(address("#" + name));
      patiently(page.locator("main h1, main input").first());
      assertThat(page.locator("html").getAttribute("lang")).isEqualTo(language);
      if (name.equals("try")) {
        page.locator("main label.button input").setInputFiles(PANDA);
        patiently(page.locator(".bars .best"));
      } else if (name.equals("teach/Shapes")) {
        patiently(page.locator(".matrix button").first()).click();
        page.locator(".right label.button input").setInputFiles(PANDA);
        patiently(page.locator(".right .bars .best"));
      } else if (name.equals("understand")) {
        patiently(page.locator(".explanation .equation"));
      }
      page.waitForTimeout(300);
      assertThat((int) page.evaluate("document.documentElement.scrollWidth"))
          .as(name)
          .isEqualTo(width);
      assertThat(Chromium.barriers(page)).as(name).isEmpty();
      screenshot(page, "%s-%s-%s".formatted(name.replace('/', '-'), width, colors));
    }
    page.locator(".masthead .languages button").nth(language.equals("en") ? 1 : 0).press("Enter");
    assertThat(page.locator("html")).not().hasAttribute("lang", language);
    page.close();
  }

  private static void screenshot(Page page, String name) {
    String shots = System.getProperty("studio.screenshots");
    if (shots != null) {
      page.screenshot(
          new Page.ScreenshotOptions().setPath(Path.of(shots, name + ".png")).setFullPage(true));
    }
  }

  @Test
  @Order(8)
  void nothingWasAskedOfAnybodyElse() {
    List<String> elsewhere = new ArrayList<>(requests);
    elsewhere.removeIf(url ->
        url.startsWith(address(""))
            || url.startsWith("blob:" + address(""))
            || url.startsWith("data:"));
    assertThat(elsewhere).isEmpty();
    assertThat(faults).isEmpty();
  }
}

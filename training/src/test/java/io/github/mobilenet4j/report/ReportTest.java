package io.github.mobilenet4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.Locales;
import io.github.mobilenet4j.data.Dataset;
import io.github.mobilenet4j.data.Unreadable;
import io.github.mobilenet4j.evaluation.Evaluation;
import io.github.mobilenet4j.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class ReportTest {
  private static final String HOSTILE =
      "</title></style><script>alert(1)</script><img src=\"x\" onerror='alert(1)'>&lt;\u0000\ud800";
  private static final String HARMLESS =
      "</title></style><script>alert(1)</script><img src=\"x\" onerror='alert(1)'>&lt;\ufffd\ufffd";

  @TempDir Path folder;

  /** Answers by chance, half of them right. */
  private static Evaluation evaluation(List<String> classes, int images) {
    SplittableRandom random = new SplittableRandom(1);
    int[] labels = random.ints(images, 0, classes.size()).toArray();
    float[] logits = new float[images * classes.size()];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = random.nextFloat();
    }
    for (int i = 0; i < images; i += 2) {
      logits[i * classes.size() + labels[i]] += 3;
    }
    return Evaluation.of(classes, logits, labels);
  }

  private static Dataset data(Evaluation evaluation, String name) {
    return Dataset.of(
        evaluation.classes(),
        IntStream.range(0, evaluation.images()).mapToObj(i -> i + name).toList(),
        evaluation.predictions().stream().mapToInt(a -> a.truth()).toArray(),
        _ ->
            new RgbImage(
                2, 3, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}));
  }

  private static Report report(List<Epoch> epochs, Evaluation evaluation, String text) {
    return new Report(
        text,
        text,
        epochs,
        Optional.of(evaluation),
        Mistake.worst(evaluation, data(evaluation, text), 5),
        Map.of(text, text),
        new Learned(
            List.of(new Learned.Sample(new RgbImage(1, 1, new byte[3]), text)),
            Map.of(text, 3),
            Map.of(text, text)));
  }

  private static List<Epoch> epochs(double... accuracy) {
    return IntStream.range(0, accuracy.length)
        .mapToObj(i ->
            new Epoch(
                i + 1, 2.0 / (i + 1), accuracy[i] / 2, Double.NaN, accuracy[i], List.of(0.05, 0.1)))
        .toList();
  }

  private static Evaluation withUnreadable(Evaluation e, String reason) {
    return new Evaluation(e.classes(), e.predictions(), List.of(new Unreadable(0, "a", reason)), 2);
  }

  /** Reads the page as XML, which is far stricter than HTML. */
  private static Document parse(String html) {
    String xml = html.replaceAll("<(meta|img)([^>]*)>", "<$1$2/>");
    try {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(xml)));
    } catch (SAXException | IOException | ParserConfigurationException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Element> all(Document page, String name) {
    NodeList found = page.getElementsByTagName(name);
    return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i)).toList();
  }

  private static List<String> headings(Document page) {
    return all(page, "h2").stream().map(Node::getTextContent).toList();
  }

  @Test
  void whateverNamesAreTheyStayText() {
    Evaluation evaluation = withUnreadable(evaluation(List.of(HOSTILE, "b", "c"), 60), HOSTILE);
    Document page = parse(HtmlReport.of(report(epochs(0.1, 0.5), evaluation, HOSTILE)));
    assertThat(all(page, "script")).isEmpty();
    assertThat(all(page, "title").getFirst().getTextContent()).isEqualTo(HARMLESS);
    assertThat(all(page, "h1").getFirst().getTextContent()).isEqualTo(HARMLESS);
    assertThat(all(page, "dt").getFirst().getTextContent()).isEqualTo(HARMLESS);
    assertThat(all(page, "th")).anyMatch(th -> th.getTextContent().equals(HARMLESS));
    assertThat(all(page, "li")).anyMatch(li -> li.getTextContent().equals(HARMLESS));
    assertThat(all(page, "span")).anyMatch(span -> span.getAttribute("title").endsWith(HARMLESS));
    assertThat(all(page, "*"))
        .allSatisfy(element -> {
          for (int i = 0; i < element.getAttributes().getLength(); i++) {
            assertThat(element.getAttributes().item(i).getNodeName()).doesNotStartWith("on");
          }
          // Nowhere but within the page.
          assertThat(element.getAttribute("href")).matches("|#m-[0-9]+-[0-9]+");
        });
    assertThat(all(page, "img"))
        .hasSizeBetween(6, 8)
        .allMatch(img -> img.getAttribute("src").startsWith("data:image/"));
  }

  /** What of it a browser computes with, and what people read. */
  @ParameterizedTest
  @MethodSource("io.github.mobilenet4j.Locales#odd")
  void isTheSameInEveryLocale(Locale locale) throws Exception {
    List<String> classes = IntStream.range(0, 50).mapToObj(i -> "class " + i).toList();
    Evaluation evaluation = withUnreadable(evaluation(classes, 3000), "x");
    Report report = report(epochs(0.1, 0.5, 0.4), evaluation, "x");
    assertThat(Locales.in(locale, () -> HtmlReport.of(report)))
        .isEqualTo(Locales.in(Locale.ROOT, () -> HtmlReport.of(report)));
  }

  /** A browser was seen to show what follows in its order. */
  @Test
  void aNameDoesNotTurnAroundWhatFollows() {
    String name = "\u202egnp.\u202cא\u2067x\u2069\u2069";
    String harmless = "\ufffdgnp.\ufffdא\u2067x\u2069\u2069";
    String isolated = "\u2068\ufffdgnp.\ufffdא\ufffdx\ufffd\ufffd\u2069";
    Evaluation evaluation = withUnreadable(evaluation(List.of(name, "b", "c"), 60), name);
    Report report = report(epochs(0.1, 0.5), evaluation, name);
    Document page = parse(HtmlReport.of(report));
    assertThat(HtmlReport.of(report)).doesNotContainPattern("[\u202a-\u202e]");
    assertThat(all(page, "bdi").stream().map(Node::getTextContent))
        .contains(harmless)
        .hasSizeGreaterThan(10);
    assertThat(all(page, "b"))
        .filteredOn(b -> b.getTextContent().equals(harmless))
        .isNotEmpty()
        .allMatch(b -> b.getFirstChild().getNodeName().equals("bdi"));
    assertThat(all(page, "title"))
        .filteredOn(title -> title.getTextContent().contains(" → "))
        .isNotEmpty()
        .allMatch(title ->
            title
                .getTextContent()
                .matches("(%s|\u2068b\u2069|\u2068c\u2069) → .*".formatted(isolated)));
    assertThat(all(page, "img"))
        .allMatch(img -> img.getAttribute("alt").matches("\u2068.*\u2069(, .* \u2068.*\u2069)?"));
  }

  @Test
  void ofEqualEpochsTheOneWithLessLossIsBest() {
    List<Epoch> epochs =
        List.of(
            new Epoch(1, 1, 0.5, 0.4, 0.8, List.of(0.1)),
            new Epoch(2, 1, 0.5, 0.3, 0.8, List.of(0.1)),
            new Epoch(3, 1, 0.5, 0.2, 0.7, List.of(0.1)));
    Document page = parse(HtmlReport.of(report(epochs, evaluation(List.of("a", "b"), 10), "x")));
    assertThat(all(page, "p")).anyMatch(p -> p.getTextContent().endsWith("after epoch 2."));
  }

  @Test
  void hasAllParts() {
    Evaluation evaluation = withUnreadable(evaluation(List.of("a", "b", "c"), 60), "a: cut short");
    Document page = parse(HtmlReport.of(report(epochs(0.1, 0.5, 0.4), evaluation, "x")));
    assertThat(headings(page))
        .containsExactly(
            "Training",
            "What went in",
            "Confusions",
            "Worst mistakes",
            "Classes",
            "Calibration",
            "Left out",
            "Go on",
            "Options");
    assertThat(all(page, "p"))
        .anyMatch(p ->
            p.getTextContent()
                .equals("Best on the validation pictures: 50.0\u00a0% after epoch 2."));
    assertThat(all(page, "div"))
        .anyMatch(d -> d.getTextContent().startsWith("Pictures60" + "30 a second"));
  }

  @Test
  void leavesOutWhatIsNotThere() {
    Report bare =
        new Report("t", "", List.of(), Optional.empty(), List.of(), Map.of(), Learned.NOTHING);
    assertThat(headings(parse(HtmlReport.of(bare)))).isEmpty();

    Evaluation correct = Evaluation.of(List.of("a", "b"), new float[] {1, 0}, new int[] {0});
    Report perfect =
        new Report(
            "t", "", epochs(0.5), Optional.of(correct), List.of(), Map.of(), Learned.NOTHING);
    assertThat(headings(parse(HtmlReport.of(perfect))))
        .containsExactly("Confusions", "Classes", "Calibration");
  }

  @Test
  void aValueThatIsMissingLeavesAGap() {
    Document page =
        parse(
            HtmlReport.of(
                report(
                    epochs(0.1, 0.2, Double.NaN, 0.3, 0.4),
                    evaluation(List.of("a", "b"), 2),
                    "x")));
    List<String> curves = all(page, "path").stream().map(path -> path.getAttribute("d")).toList();
    // Accuracy of training and validation, loss of training, learning rate; no loss of validation.
    assertThat(curves).hasSize(4);
    assertThat(curves.get(1)).matches("M[^ML]+L[^ML]+M[^ML]+L[^ML]+");
    assertThat(curves.get(2)).matches("M[^ML]+(L[^ML]+){4}");
  }

  @Test
  void aThousandClassesAreStillReadable() {
    List<String> classes = IntStream.range(0, 1000).mapToObj(i -> "class " + i).toList();
    String html = HtmlReport.of(report(List.of(), evaluation(classes, 3000), "x"));
    assertThat(html).hasSizeLessThan(2_000_000);
    Document page = parse(html);
    Element matrix =
        all(page, "svg").stream()
            .filter(svg -> svg.getAttribute("class").equals("matrix"))
            .findAny()
            .orElseThrow();
    assertThat(matrix.getElementsByTagName("text").getLength()).isEqualTo(2 + 2 * 40);
    assertThat(all(page, "summary").getFirst().getTextContent()).matches("9\\d\\d more classes");
  }

  @Test
  void smallPicturesAreKeptAsTheyAre() throws IOException {
    byte[] rgb = new byte[4 * 4 * 3];
    new SplittableRandom(1).nextBytes(rgb);
    String url =
        parse(Thumbnail.of(new RgbImage(4, 4, rgb), "d").toString())
            .getDocumentElement()
            .getAttribute("src");
    byte[] file = Base64.getDecoder().decode(url.substring("data:image/png;base64,".length()));
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(file));
    for (int i = 0; i < 16; i++) {
      int pixel = (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | rgb[3 * i + 2] & 0xff;
      assertThat(image.getRGB(i % 4, i / 4) & 0xffffff).isEqualTo(pixel);
    }
  }

  @Test
  void aPictureThatIsGoneIsLeftOutOfTheMistakes() {
    Evaluation evaluation = evaluation(List.of("a", "b", "c"), 20);
    int gone = evaluation.mistakes().getFirst().image();
    Dataset there = data(evaluation, "");
    Dataset data =
        Dataset.of(
            there.classes(),
            IntStream.range(0, 20).mapToObj(Integer::toString).toList(),
            IntStream.range(0, 20).map(there::label).toArray(),
            i -> {
              if (i == gone) {
                throw new ImageException("gone");
              }
              return there.image(i);
            });
    assertThat(Mistake.worst(evaluation, data, 3))
        .hasSize(3)
        .noneMatch(mistake -> mistake.prediction().image() == gone)
        .allMatch(mistake -> mistake.thumbnail().width() == mistake.thumbnail().height());
  }

  @Test
  void replacesAnOlderPage() throws IOException {
    Path file = folder.resolve("report.html");
    Files.writeString(file, "old");
    Report report = report(epochs(0.1, 0.2), evaluation(List.of("é", "b"), 20), "ü");
    HtmlReport.write(report, file);
    assertThat(file).hasContent(HtmlReport.of(report));
    assertThat(folder).isDirectoryContaining("glob:**/report.html");
  }
}

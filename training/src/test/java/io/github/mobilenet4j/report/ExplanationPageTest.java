package io.github.mobilenet4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.explanation.FeatureMaps;
import io.github.mobilenet4j.explanation.Unit;
import io.github.mobilenet4j.explanation.WeightedSum;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Precision;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.MobileNetV1.Backbone;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomIntegers;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExplanationPageTest {
  private static final int LARGEST = 3_000_000;
  private static final int PLACES = 12;

  private static MobileNetV1.Builder small() {
    return MobileNetV1.builder().widthMultiplier(0.25).input(97, 64).classes(7);
  }

  private static Model model(MobileNetV1 network, Weights weights, List<String> labels) {
    return new Model(
        network,
        weights,
        Preprocessing.TENSORFLOW.forChannels(network.channels()),
        new Labels(labels),
        Map.of());
  }

  private static Model model(MobileNetV1 network) {
    return model(network, RandomWeights.of(network, 1), Labels.numbered(network.classes()).names());
  }

  private static RgbImage image() {
    byte[] rgb = new byte[120 * 90 * 3];
    new Random(1).nextBytes(rgb);
    return new RgbImage(90, 120, rgb);
  }

  private static ExplanationData data(Model model, Precision precision) {
    return ExplanationData.of(
        model,
        image(),
        new ExplanationData.Options("noise.png", "random", precision, 1, 5, Duration.ZERO));
  }

  static Stream<Model> models() {
    MobileNetV1 integers = small().input(96, 64).build();
    return Stream.of(
        model(small().build()),
        model(
            integers,
            RandomIntegers.of(integers, DataType.U8, false, false),
            Labels.numbered(7).names()),
        model(
            integers,
            RandomIntegers.of(integers, DataType.I8, true, true),
            Labels.numbered(7).names()));
  }

  /** What the page adds up, from the numbers that it has, is what the network has. */
  @ParameterizedTest
  @MethodSource("models")
  void theNumbersAddUp(Model model) {
    MobileNetV1 network = model.network();
    Precision precision = Precision.of(model.weights());
    Map<?, ?> data = data(model, precision).json();
    float[] x = new float[(int) network.input().size()];
    model.preprocessing().apply(image(), network.height(), network.width(), x, 0);
    FeatureMaps maps;
    try (Session session = Session.of(network, model.weights(), precision, 1, 1)) {
      maps = FeatureMaps.of(session, x);
    }
    Weights.Folded folded = model.weights().folded(network);
    Random random = new Random(4);
    List<?> rows = (List<?>) data.get("layers");
    for (int i = 1; i < rows.size(); i++) {
      Map<?, ?> shown = shown(rows.get(i));
      Layer layer = network.layers().get(i);
      List<?> channels = (List<?>) shown.get("channels");
      for (int n = 0; n < PLACES && !channels.isEmpty(); n++) {
        int index = random.nextInt(channels.size());
        Unit unit =
            new Unit(
                layer,
                random.nextInt(layer.out().height()),
                random.nextInt(layer.out().width()),
                (Integer) channels.get(index));
        WeightedSum sum = WeightedSum.of(maps, folded, unit);
        int place = unit.row() * layer.out().width() + unit.column();
        int area = (int) layer.out().area();
        double value = unpack(shown.get("maps"))[index * area + place];
        assertThat(value)
            .as("%s", unit)
            .isCloseTo(sum.output(), within(precision == Precision.INT8 ? 1e-6 : 1e-4));
        if (layer instanceof Layer.Pointwise) {
          double found = pointwise(shown, shown(rows.get(i - 1)), index, place, area);
          double ceiling = network.activation().ceiling();
          assertThat(Math.min(Math.max(found, 0), ceiling))
              .as("%s", unit)
              .isCloseTo(sum.activated(), within(5e-4));
        }
      }
    }
  }

  private static double pointwise(
      Map<?, ?> shown, Map<?, ?> before, int index, int place, int area) {
    Map<?, ?> sums = (Map<?, ?>) shown.get("sums");
    double[] weights = unpack(sums.get("weights"));
    double[] inputs = unpack(before.get("maps"));
    List<?> channels = (List<?>) before.get("channels");
    int all = weights.length / ((List<?>) shown.get("channels")).size();
    double sum =
        unpack(sums.get("biases"))[index] + unpack(sums.get("others"))[index * area + place];
    for (int c = 0; c < channels.size(); c++) {
      sum += inputs[c * area + place] * weights[index * all + (Integer) channels.get(c)];
    }
    return sum;
  }

  private static Map<?, ?> shown(Object row) {
    return (Map<?, ?>) ((Map<?, ?>) row).get("shown");
  }

  /** As data.js does it. */
  private static double[] unpack(Object json) {
    Map<?, ?> packed = (Map<?, ?>) json;
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode((String) packed.get("data")))
            .order(ByteOrder.LITTLE_ENDIAN);
    double scale = (Double) packed.get("scale");
    double zero = (Double) packed.get("zero");
    return switch ((String) packed.get("type")) {
      case "f32" ->
          IntStream.range(0, bytes.limit() / 4).mapToDouble(i -> bytes.getFloat(4 * i)).toArray();
      case "u16" ->
          IntStream.range(0, bytes.limit() / 2)
              .mapToDouble(i -> scale * ((bytes.getShort(2 * i) & 0xffff) - zero))
              .toArray();
      default ->
          IntStream.range(0, bytes.limit())
              .mapToDouble(i -> scale * ((bytes.get(i) & 0xff) - zero))
              .toArray();
    };
  }

  static Stream<MobileNetV1> networks() {
    return Stream.of(
        small().classes(0).build(),
        small().classes(2).classifierActivation(ClassifierActivation.BINARY).build(),
        small().channels(1).stemStride(1).build(),
        small().hidden(9).backbone(Backbone.HEADED).build(),
        small().backbone(Backbone.SHALLOW).build(),
        small().input(448, 448).build(),
        MobileNetV1.builder().build());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void anyNetworkHasAPageThatIsNotTooLarge(MobileNetV1 network) {
    ExplanationData data = data(model(network), Precision.FLOAT32);
    String page = ExplanationPage.of(data);
    assertThat(page.getBytes(StandardCharsets.UTF_8).length).isLessThan(LARGEST);
    assertThat(Json.text(data.summary())).hasSizeLessThan(20_000);
  }

  @Test
  void whatIsTooLargeIsRefused() {
    Model model = model(small().input(512, 448).build());
    assertThatThrownBy(() -> data(model, Precision.FLOAT32))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("512×448")
        .hasMessageContaining("--resolution");
  }

  /** A label is text, whatever it says. */
  @Test
  void labelsRunNothing() {
    String hostile = "</script><script>alert(1)</script><!--";
    List<String> labels = new ArrayList<>(Collections.nCopies(7, hostile));
    MobileNetV1 network = small().build();
    String page =
        ExplanationPage.of(
            data(model(network, RandomWeights.of(network, 1), labels), Precision.FLOAT32));
    assertThat(page.split("<script", -1)).hasSize(3);
    assertThat(page).doesNotContain("<!--").doesNotContain("alert(1)</script>");
    String json = between(page, "<script type=\"application/json\" id=\"data\">", "</script>");
    Map<?, ?> data = (Map<?, ?>) Json.parse("page", json);
    Map<?, ?> first = (Map<?, ?>) ((List<?>) data.get("classes")).getFirst();
    assertThat(((Map<?, ?>) first.get("guess")).get("label")).isEqualTo(hostile);
  }

  /** Its own script and style sheet may run, nothing else, and nothing is loaded from anywhere. */
  @Test
  void thePolicyAllowsThePageAlone() throws NoSuchAlgorithmException {
    String page = ExplanationPage.of(data(model(small().build()), Precision.FLOAT32));
    String policy = between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    assertThat(policy)
        .startsWith("default-src &#39;none&#39;")
        .contains(hash(between(page, "<script type=\"module\">", "</script>")))
        .contains(hash(between(page, "<style>", "</style>")))
        .doesNotContain("unsafe", "http", "data:");
    String others = page.replace("\"http://www.w3.org/2000/svg\"", "");
    assertThat(others).doesNotContain("http:", "https:", " src=", "@import", "url(", " style=");
  }

  private static String hash(String text) throws NoSuchAlgorithmException {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    return "sha256-" + Base64.getEncoder().encodeToString(digest);
  }

  private static String between(String text, String before, String after) {
    int from = text.indexOf(before) + before.length();
    return text.substring(from, text.indexOf(after, from));
  }

  /** The page has them behind each other in one script, where a name has one meaning. */
  @Test
  void modulesAreOneScriptToo() {
    Pattern imports = Pattern.compile("^import \\{[^}]+} from \"\\./([a-z]+\\.js)\";$");
    Pattern names =
        Pattern.compile("^(?:export )?(?:const|let|function|class) (\\w+)", Pattern.MULTILINE);
    Set<String> before = new HashSet<>();
    List<String> all = new ArrayList<>();
    for (String module : ExplanationPage.modules()) {
      String text = ExplanationPage.module(module);
      Set<String> needed =
          text.lines()
              .filter(line -> line.startsWith("import"))
              .map(line -> imports.matcher(line).results().findFirst().orElseThrow().group(1))
              .collect(Collectors.toSet());
      assertThat(before).as(module).containsAll(needed);
      before.add(module);
      names.matcher(text).results().map((MatchResult m) -> m.group(1)).forEach(all::add);
      assertThat(text).doesNotContain("</script", "export default");
    }
    assertThat(all).doesNotHaveDuplicates();
    assertThatThrownBy(() -> ExplanationPage.module("../page.css"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Every text is there in both languages, and each that is asked for is there. */
  @Test
  void bothLanguagesHaveEveryText() {
    String strings = ExplanationPage.module("strings.js");
    Pattern entry = Pattern.compile("^  (\\w+): \\[(\".*\"), (\".*\")],$", Pattern.MULTILINE);
    Pattern holes = Pattern.compile("\\{\\w+}");
    Set<String> keys = new HashSet<>();
    for (MatchResult found : entry.matcher(strings).results().toList()) {
      keys.add(found.group(1));
      assertThat(set(holes, found.group(2)))
          .as(found.group(1))
          .isEqualTo(set(holes, found.group(3)));
    }
    Pattern asked = Pattern.compile("\\btext\\(\"(\\w+)\"");
    for (String module : ExplanationPage.modules()) {
      for (MatchResult found : asked.matcher(ExplanationPage.module(module)).results().toList()) {
        assertThat(keys).contains(found.group(1));
      }
    }
  }

  private static Set<String> set(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
  }
}

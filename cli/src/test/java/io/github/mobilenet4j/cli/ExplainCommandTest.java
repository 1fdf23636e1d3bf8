package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ExplainCommandTest {
  private static final Path ROOT = Path.of(System.getProperty("mobilenet4j.root"));
  private static final String PHOTO = ROOT.resolve("samples/red-panda.jpg").toString();

  @Test
  void writesAPage(@TempDir Path folder) throws IOException {
    Path page = folder.resolve("why.html");
    Run run = Run.of("explain", PHOTO, "--output", page.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
    assertThat(run.out().strip()).isEqualTo(page.toString());
    assertThat(Files.size(page)).isLessThan(3_000_000);
    assertThat(Files.readString(page)).contains("<title>red-panda.jpg: red panda</title>");
  }

  /** The names of ImageNet's classes in Chinese, and those of the bundled model's among them. */
  @Test
  void namesInChinese() throws IOException {
    Path labels = ROOT.resolve("docs/labels");
    List<String> all = Files.readAllLines(labels.resolve("imagenet.zh-CN.txt"));
    assertThat(all).hasSize(1000).doesNotHaveDuplicates().noneMatch(String::isBlank);
    List<String> numbers =
        Files.readAllLines(
            ROOT.resolve(
                "training/src/main/resources/io/github/mobilenet4j/evaluation/imagenet-wordnet.txt"));
    List<String> bundled =
        Files.readAllLines(ROOT.resolve("model/classes.tsv")).stream()
            .map(line -> all.get(numbers.indexOf(line.split("\t")[0])))
            .toList();
    Path file = labels.resolve("bundled.zh-CN.txt");
    assertThat(Files.readAllLines(file)).isEqualTo(bundled);
    Run run = Run.of("explain", "--json", "--labels", file.toString(), PHOTO);
    assertThat(run.json().getFirst().get("classes").get(0).get("label").asString())
        .isEqualTo("小熊猫");
  }

  /** The logit of the map is that of classify's network, but for a step of its integers. */
  @Test
  void jsonAddsUp() {
    JsonNode json = Run.of("explain", "--json", "--top", "3", PHOTO).json().getFirst();
    assertThat(json.get("classes")).hasSize(3);
    JsonNode first = json.get("classes").get(0);
    assertThat(first.get("label").asString()).isEqualTo("red panda");
    double logit = first.get("bias").asDouble() + first.get("mean").asDouble();
    assertThat(first.get("logit").asDouble()).isCloseTo(logit, within(1e-9));
    assertThat(first.get("computed").asDouble()).isCloseTo(logit, within(0.3));
    assertThat(json.get("layers")).hasSize(29);
    assertThat(json.get("multipliers")).hasSize(16);
  }

  @Test
  void saysWhatIsWrong(@TempDir Path folder) {
    Path page = folder.resolve("why.html");
    Run run = Run.of("explain", "no.jpg", "--output", page.toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("no.jpg");
    run = Run.of("explain", "--resolution", "600", PHOTO, "--output", page.toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("600×600").contains("a smaller --resolution");
    assertThat(Run.of("explain", "--resolution", "8", PHOTO).exitCode()).isEqualTo(2);
    assertThat(page).doesNotExist();
  }
}

package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class InfoCommandTest {
  @Test
  void tableOfTheWholeNetwork() throws IOException {
    Run run = Run.of("info");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEqualToNormalizingNewlines(golden("info.txt"));
    // The golden file is this command's; what the paper says of the network is not.
    assertThat(run.out())
        .containsPattern("total +4,209,088 +21,888 +1,000  568,740,352 ")
        .containsPattern("pointwise +13 +539,492,352 +94.86 % .* 74.59 % ")
        .containsPattern("depthwise +13 .* 3.06 % .* 1.06 % ")
        .containsPattern("classifier +1 .* 0.18 % .* 24.33 % ")
        .contains("4,231,976 parameters in all");
  }

  @Test
  void comparisonWithStandardConvolutions() throws IOException {
    Run run = Run.of("info", "--compare");
    assertThat(run.out()).isEqualToNormalizingNewlines(golden("info-compare.txt"));
    // The tutorials' example, and the paper's Table 4.
    assertThat(run.out())
        .contains(" 432 weights", " 75 weights")
        .containsPattern(
            "network +4,209,088 +29,[23]\\d\\d,\\d{3} +568,740,352 +4,86\\d,\\d{3},\\d{3} ");
  }

  @Test
  void aModelMayBeLookedAtForAnotherResolution(@TempDir Path folder) {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.25).classes(2).build();
    String model = folder.resolve("model.safetensors").toString();
    ModelFile.write(Path.of(model), Untrained.model(network, List.of("cat", "dog")));
    Run run = Run.of("info", "--model", model, "--resolution", "160");
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("MobileNet V1, α 0.25, input 160×160×3, 2 classes");
    assertThat(Run.of("info", "--resolution", "31", "--model", model).exitCode()).isEqualTo(2);
  }

  @Test
  void jsonHasTheSameNumbers() {
    Run run = Run.of("info", "--json", "--compare", "--width", "0.5", "--resolution", "97x131");
    assertThat(run.err()).isEmpty();
    JsonNode network = run.json().getFirst();
    assertThat(network.get("input").toString()).isEqualTo("[97,131,3]");
    assertThat(network.get("layers")).hasSize(29);
    assertThat(network.get("comparison")).hasSize(14);
    assertThat(network.get("comparison").get(0).get("ratio").asDouble())
        .isCloseTo(1.0 / 32 + 1.0 / 9, within(1e-12));
    long macs = 0;
    for (JsonNode layer : network.get("layers")) {
      macs += layer.get("macs").asLong();
    }
    assertThat(network.get("macs").asLong()).isEqualTo(macs);
  }

  @Test
  void dialectSaysWhoseNamesTheModelHas(@TempDir Path folder) {
    MobileNetV1 network = MobileNetV1.builder().widthMultiplier(0.1).classes(2).build();
    String model = folder.resolve("model.safetensors").toString();
    String exported = folder.resolve("a.pth").toString();
    ModelFile.write(Path.of(model), Untrained.model(network, List.of("cat", "dog")));
    String[] export = {"export", "--dialect", "hugging_face", model, exported};
    assertThat(Run.of(export).exitCode()).isZero();

    Run right = Run.of("info", "--model", exported, "--dialect", "hugging_face");
    assertThat(right.err()).isEmpty();
    assertThat(right.out()).contains("hugging_face");
    Run wrong = Run.of("info", "--dialect", "timm", "--model", exported);
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.err()).contains("a.pth: ", "the dialects [timm]").hasLineCount(1);
    Run alone = Run.of("info", "--dialect", "timm");
    assertThat(alone.exitCode()).isEqualTo(2);
    assertThat(alone.err()).startsWith("mobilenet4j: Missing required").contains("--model=FILE");
  }

  private static String golden(String name) throws IOException {
    try (InputStream in = InfoCommandTest.class.getResourceAsStream("/golden/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

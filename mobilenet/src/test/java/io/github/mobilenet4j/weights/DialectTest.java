package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.TutorialGolden;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.Padding;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DialectTest {
  @Test
  void readsTheTutorialsNamesBehindDataParallel() {
    Model model = Dialect.read("file", Fixtures.tutorial().tensors()).withInput(33, 47);

    assertThat(model.network().classes()).isEqualTo(3);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU);
    assertThat(model.network().padding()).isEqualTo(Padding.SYMMETRIC);
    assertThat(model.network().epsilon()).isEqualTo(1e-5);
    assertThat(model.preprocessing()).isEqualTo(Preprocessing.IMAGENET);
    Fixtures.assertLogits(model);
    Model same = Fixtures.model();
    for (Parameter p : same.network().parameters()) {
      assertThat(model.weights().get(p)).as(p.name()).isEqualTo(same.weights().get(p));
    }
  }

  @Test
  void meetsEveryGoldenOutputOfTheTutorialsNetwork() {
    TutorialGolden golden = TutorialGolden.read();
    Model model = golden.model();

    assertThat(model.network().widthMultiplier()).isEqualTo(0.25);
    for (int n = 0; n < 4; n++) {
      Map<String, double[]> outputs =
          ReferenceForward.run(
              model.network(), model.weights(), Nhwc.image(golden.tensors().get("x"), n));
      for (int i = 0; i <= 14; i++) {
        String layer = i == 0 ? "stem" : i == 14 ? "pool" : "block" + i + ".pointwise";
        double[] expected = Nhwc.image(golden.tensors().get("eval.model." + i), n);
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertThat(outputs.get(layer)).as(layer).containsExactly(expected, within(1e-4 * largest));
      }
      float[] logits = golden.tensors().get("eval.logits").floats();
      double[] expected = new double[10];
      int row = n * expected.length;
      Arrays.setAll(expected, k -> logits[row + k]);
      assertThat(outputs.get("classifier")).containsExactly(expected, within(1e-4));
    }
  }

  @Test
  void writesWhatItReads() {
    Map<String, Tensor> tensors = Fixtures.tutorial().tensors();
    Model model = Dialect.read("file", tensors);

    Map<String, Tensor> written =
        Dialect.TUTORIAL.tensors(model.network(), model.weights(), DataType.F32);

    assertThat(written).hasSize(137);
    written.forEach((name, t) -> assertThat(t).as(name).isEqualTo(tensors.get("module." + name)));
  }

  @Test
  void namesEveryFaultInTheFilesOwnNames() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(Fixtures.tutorial().tensors());
    tensors.remove("module.model.3.1.running_var");
    tensors.put("module.model.14.0.weight", Tensor.of(DataType.F32, List.of(1), 0));
    tensors.put("module.model.2.3.weight", Tensor.of(DataType.F32, List.of(8, 8), new float[64]));

    assertThatThrownBy(() -> Dialect.read("a.pth", tensors))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            "a.pth: module.model.2.3.weight has shape [8, 8], expected [8, 8, 1, 1]; "
                + "missing module.model.3.1.running_var [8]; unexpected module.model.14.0.weight");
  }

  @Test
  void namesTheFirstTensorThatFitsNoWidth() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(Fixtures.tutorial().tensors());
    tensors.put(
        "module.model.0.0.weight", Tensor.of(DataType.F32, List.of(9, 3, 3, 3), new float[243]));

    assertThatThrownBy(() -> Dialect.read("a.pth", tensors))
        .hasMessage("a.pth: module.model.0.0.weight has shape [9, 3, 3, 3], expected [8, 3, 3, 3]");
  }

  @Test
  void saysWhatIsThereWhereNoNameIsKnown() {
    assertThatThrownBy(() -> Dialect.read("a", Map.of("x", Tensor.of(DataType.F32, List.of(1), 0))))
        .hasMessageContaining(
            "in any of the dialects [canonical, tutorial, timm, hugging_face, keras]; it has [x]");
    assertThatThrownBy(() -> Dialect.read("a", Fixtures.modelFile().tensors()))
        .hasMessageContaining("has the names of a model file, but not the metadata");
  }
}

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** Also with the classifier elsewhere, and with tensors that are no part of a network. */
  @ParameterizedTest
  @CsvSource({
    "module\\.model, backbone.model, module\\.fc, head.fc",
    "module\\.model, model.model, module\\.fc, model.fc.1",
    "module\\.model, net.model, module\\.fc, classifier",
  })
  void findsAClassifierOfAnotherName(String from, String to, String fc, String classifier) {
    Map<String, Tensor> tensors = renamed(from, to, fc, classifier);
    tensors.put("criterion.weight", Tensor.of(DataType.F32, List.of(3), new float[3]));
    tensors.put("train_acc.tp", Tensor.of(DataType.F32, List.of(), 3));

    Model model = Dialect.read("file", tensors).withInput(33, 47);

    Fixtures.assertLogits(model);
    assertThat(model.metadata())
        .containsEntry("dialect", "tutorial")
        .containsEntry(Dialect.LEFT_OUT, "criterion.weight, train_acc.tp");
  }

  /** Two that could be the classifier, or a layer that could be anywhere. */
  @Test
  void refusesWhatCouldBelongToTheNetwork() {
    Map<String, Tensor> tensors = renamed("module\\.", "", "x", "x");
    tensors.put("attention.weight", Tensor.of(DataType.F32, List.of(8, 8), new float[64]));
    assertThatThrownBy(() -> Dialect.read("a", tensors))
        .hasMessage("a: unexpected attention.weight");
  }

  @Test
  void readsWhereBatchNormIsFolded() {
    Map<String, Tensor> folded = folded();
    Model model = Dialect.read("file", folded).withInput(33, 47);
    assertThat(model.weights()).isInstanceOf(Weights.Folded.class);
    Fixtures.assertLogits(model);
  }

  /** The mean of a BatchNorm behind a convolution with a bias is so much larger. */
  @Test
  void aConvolutionsBiasIsTakenFromTheMean() {
    Map<String, Tensor> tensors = renamed("module\\.", "", "x", "x");
    float[] mean = tensors.get("model.3.4.running_mean").floats();
    float[] bias = new float[mean.length];
    for (int i = 0; i < bias.length; i++) {
      bias[i] = 0.1f * i;
      mean[i] += bias[i];
    }
    tensors.put("model.3.3.bias", Tensor.of(DataType.F32, List.of(bias.length), bias));
    tensors.put("model.3.4.running_mean", Tensor.of(DataType.F32, List.of(bias.length), mean));
    Fixtures.assertLogits(Dialect.read("file", tensors).withInput(33, 47));
  }

  /** Lornatang/MobileNetV1-PyTorch, osmr/pytorchcv, cleardusk/3DDFA. */
  @ParameterizedTest
  @CsvSource({
    "features.0.0, features.0.1, features.%s.conv.0, features.%s.conv.1, features.%s.conv.3,"
        + " features.%s.conv.4, classifier",
    "features.init_block.conv, features.init_block.bn, features.stage%s.dw_conv.conv,"
        + " features.stage%s.dw_conv.bn, features.stage%s.pw_conv.conv,"
        + " features.stage%s.pw_conv.bn, output",
    "conv1, bn1, dw%s.conv_dw, dw%s.bn_dw, dw%s.conv_sep, dw%s.bn_sep, fc",
  })
  void tellsOtherNamesByTheirOrder(
      String stem, String norm, String dw, String dwNorm, String pw, String pwNorm, String fc) {
    Map<String, Tensor> tensors = ordered(List.of(stem, norm, dw, dwNorm, pw, pwNorm, fc));
    Model model = Dialect.read("file", tensors).withInput(33, 47);
    Fixtures.assertLogits(model);
    assertThat(model.metadata())
        .containsEntry("dialect", "by order")
        .containsEntry(
            "names",
            "of no known source: told by order and shapes; that the stem has stride 2, padding"
                + " SYMMETRIC, activation RELU and epsilon 1.0E-5 are assumed");

    tensors.put("a.weight", Tensor.of(DataType.F32, List.of(8, 8, 1, 1), new float[64]));
    assertThatThrownBy(() -> Dialect.read("file", tensors))
        .hasMessageStartingWith("file: ")
        .hasMessageContaining("a MobileNet V1 in any of the dialects")
        .hasMessageContaining("it has [" + stem + ".weight, ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "conv1 | bn1 | layers.%s.conv1 | layers.%s.bn1 | layers.%s.conv2 | layers.%s.bn2 | linear |"
            + " layers.0.conv1.weight is a name of kuangliu/pytorch-cifar, whose stem has stride 1",
        "stem.0.conv | stem.0.bn | conv%s.depthwise.0 | conv%s.depthwise.1 | conv%s.pointwise.0"
            + " | conv%s.pointwise.1 | fc"
            + " | stem.0.conv.weight is a name of weiaicunzai/pytorch-cifar100, whose stem has",
      })
  void refusesTheNamesOfAnotherNetwork(
      String stem,
      String norm,
      String dw,
      String dwNorm,
      String pw,
      String pwNorm,
      String fc,
      String fault) {
    Map<String, Tensor> tensors = ordered(List.of(stem, norm, dw, dwNorm, pw, pwNorm, fc));
    assertThatThrownBy(() -> Dialect.read("file", tensors))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(fault);
  }

  /** Returns the tutorial's tensors, behind no prefix, in other names of its modules. */
  private static Map<String, Tensor> ordered(List<String> modules) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    boolean fromZero = modules.get(2).startsWith("layers");
    renamed("module\\.", "", "x", "x")
        .forEach((name, tensor) -> {
          String part = name.substring(name.lastIndexOf('.'));
          String[] path = name.split("\\.");
          String module;
          if (path[0].equals("fc")) {
            module = modules.get(6);
          } else {
            int block = Integer.parseInt(path[1]);
            int index = List.of("0", "1", "3", "4").indexOf(path[2]);
            module =
                block == 0
                    ? modules.get(index)
                    : modules.get(2 + index).replace("%s", "" + (fromZero ? block - 1 : block));
          }
          tensors.put(module + part, tensor);
        });
    return tensors;
  }

  private static Map<String, Tensor> renamed(String from, String to, String other, String into) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Fixtures.tutorial()
        .tensors()
        .forEach((name, tensor) ->
            tensors.put(name.replaceFirst("^" + from, to).replaceFirst("^" + other, into), tensor));
    return tensors;
  }

  /** What a deployment makes of the tutorial's tensors. */
  private static Map<String, Tensor> folded() {
    Map<String, Tensor> all = renamed("module\\.", "", "x", "x");
    Map<String, Tensor> folded = new LinkedHashMap<>();
    for (String name : all.keySet()) {
      if (name.startsWith("fc")) {
        folded.put(name, all.get(name));
      } else if (all.get(name).shape().size() == 4) {
        String[] path = name.split("\\.");
        String norm = "model." + path[1] + "." + (Integer.parseInt(path[2]) + 1) + ".";
        float[] gamma = all.get(norm + "weight").floats();
        float[] beta = all.get(norm + "bias").floats();
        float[] mean = all.get(norm + "running_mean").floats();
        float[] variance = all.get(norm + "running_var").floats();
        float[] kernel = all.get(name).floats();
        int each = kernel.length / gamma.length;
        for (int k = 0; k < gamma.length; k++) {
          double scale = gamma[k] / Math.sqrt(variance[k] + 1e-5);
          for (int i = k * each; i < (k + 1) * each; i++) {
            kernel[i] *= (float) scale;
          }
          beta[k] -= (float) (mean[k] * scale);
        }
        folded.put(name, Tensor.of(DataType.F32, all.get(name).shape(), kernel));
        folded.put(
            name.replace("weight", "bias"), Tensor.of(DataType.F32, List.of(beta.length), beta));
      }
    }
    return folded;
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

package io.github.mobilenet4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Files of the kinds that people bring, in {@code ../shared/cases}: beside each model its input and
 * what the framework computes that it is of; and what is refused with a word that helps.
 */
class CasesTest {
  private static final String CASES = "cases";

  /** Names of files that end so are no model. */
  private static final List<String> BESIDE =
      List.of("x.safetensors", "y.safetensors", ".data", ".json", ".txt", ".csv", "README");

  /**
   * Whose own framework's integers or dequantisation are told apart from ours by their rounding.
   */
  private static final List<String> ROUNDED = List.of("int8", "QDQ");

  /** Folders whose x holds pixels, which the model's preprocessing scales. */
  private static final List<String> PIXELS = List.of("02-", "wrap_normalise", "uint8");

  /** Models that are rightly refused although there is an answer beside them. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "ort_dynamic.onnx", "DynamicQuantizeLinear",
          "wrap_two_outputs.onnx", "outputs",
          "names_kuangliu.pth", "names",
          "resample_lanczos", "resample");

  @TempDir Path folder;

  /** A model, its input and its output. */
  private record Case(String name, Path model, Path x, Path y) {}

  @TestFactory
  Stream<DynamicTest> modelsComputeWhatTheirFrameworkDoes() throws IOException {
    List<Case> cases = new ArrayList<>();
    try (Stream<Path> files = Files.list(SharedFiles.require(CASES))) {
      for (Path each : files.filter(Files::isDirectory).sorted().toList()) {
        try (Stream<Path> models = Files.list(each)) {
          models.sorted().flatMap(file -> caseOf(file).stream()).forEach(cases::add);
        }
      }
    }
    assertThat(cases).hasSizeGreaterThan(20);
    return cases.stream().map(each -> DynamicTest.dynamicTest(each.name, () -> check(each)));
  }

  /** Finds what lies beside a model, or in the folder that is one. */
  private static Optional<Case> caseOf(Path file) {
    String name = file.getFileName().toString();
    if (BESIDE.stream().anyMatch(name::endsWith)) {
      return Optional.empty();
    }
    String title = file.getParent().getFileName() + "/" + name;
    if (Files.isDirectory(file)) {
      return Stream.of("model.safetensors", "model.pth")
          .map(file::resolve)
          .filter(Files::exists)
          .findFirst()
          .flatMap(model -> pair(title, model, file, List.of("x_in y_out", "x y")));
    }
    String stem = name.substring(0, name.indexOf('.') < 0 ? name.length() : name.indexOf('.'));
    return pair(
        title,
        file,
        file.getParent(),
        List.of(stem + ".x " + stem + ".y", stem + "_x " + stem + "_y", "x y"));
  }

  private static Optional<Case> pair(String title, Path model, Path in, List<String> names) {
    return names.stream()
        .map(pair -> pair.split(" "))
        .map(pair ->
            new Case(
                title,
                model,
                in.resolve(pair[0] + ".safetensors"),
                in.resolve(pair[1] + ".safetensors")))
        .filter(found -> Files.exists(found.x) && Files.exists(found.y))
        .findFirst();
  }

  private void check(Case each) {
    Path out = folder.resolve("out.safetensors");
    Optional<String> refusal =
        REFUSED.entrySet().stream()
            .filter(entry -> each.name.endsWith(entry.getKey()))
            .map(Map.Entry::getValue)
            .findFirst();
    Path x = PIXELS.stream().anyMatch(each.name::contains) ? scaled(each) : each.x;
    List<String> command = new ArrayList<>(List.of("logits", "--model", each.model + ""));
    command.addAll(List.of("--input", x + "", "--output", out + ""));
    if (each.name.startsWith("11-")) {
      command.add("--embeddings");
    }
    Run run = Run.of(command.toArray(String[]::new));
    if (refusal.isPresent()) {
      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.err()).contains(refusal.get()).hasLineCount(1);
      return;
    }
    assertThat(run.exitCode()).as(run.err()).isZero();
    float[] found = only(out).floats();
    Tensor y = only(each.y);
    float[] expected = y.floats();
    assertThat(found).hasSameSizeAs(expected);
    boolean rounded = ROUNDED.stream().anyMatch(each.name::contains);
    double tolerance = rounded ? 0.08 : each.name.contains("16") ? 2e-3 : 1e-4;
    // A framework's y is logits, probabilities or their logarithms, as its file ends.
    double least =
        readings(found, y.shape().getLast())
            .mapToDouble(r -> distance(r, expected))
            .min()
            .orElseThrow();
    assertThat(least).isCloseTo(0, within(tolerance));
  }

  /** Returns the largest difference, of the largest value. */
  private static double distance(float[] found, float[] expected) {
    double most = 0;
    double largest = 1e-9;
    for (int i = 0; i < expected.length; i++) {
      most = Math.max(most, Math.abs(found[i] - expected[i]));
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    return most / largest;
  }

  private static Stream<float[]> readings(float[] logits, int outputs) {
    float[] softmax = new float[logits.length];
    float[] sigmoid = new float[logits.length];
    float[] logarithm = new float[logits.length];
    for (int from = 0; from < logits.length; from += outputs) {
      float[] row = Arrays.copyOfRange(logits, from, from + outputs);
      float[] p = ClassifierActivation.SOFTMAX.probabilities(row);
      for (int k = 0; k < outputs; k++) {
        softmax[from + k] = p[k];
        sigmoid[from + k] = (float) (1 / (1 + Math.exp(-row[k])));
        logarithm[from + k] = (float) Math.log(p[k]);
      }
    }
    return Stream.of(logits, softmax, sigmoid, logarithm);
  }

  /** Writes x, pixels from 0 to 255, as the model's preprocessing makes it. */
  private Path scaled(Case each) {
    Model model = Models.read(each.model);
    Tensor x = only(each.x);
    float[] values = x.floats();
    int channels = x.shape().get(1);
    int plane = x.shape().get(2) * x.shape().get(3);
    for (int i = 0; i < values.length; i++) {
      int c = i / plane % channels;
      double mean = model.preprocessing().mean().get(c);
      values[i] = (float) ((values[i] / 255 - mean) / model.preprocessing().std().get(c));
    }
    Path path = folder.resolve("scaled.safetensors");
    Safetensors.write(path, Map.of(), Map.of("x", Tensor.of(DataType.F32, x.shape(), values)));
    return path;
  }

  private static Tensor only(Path path) {
    return Safetensors.read(path).tensors().values().iterator().next();
  }

  /** What is no model, no image or no list of names is called what it is. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "info --model 21-files-that-are-no-model/lfs.pth | Git LFS pointer",
        "info --model 21-files-that-are-no-model/lfs.safetensors | Git LFS pointer",
        "info --model 21-files-that-are-no-model/page.onnx | is a web page",
        "info --model 21-files-that-are-no-model/saved_model | is in variables/ beside",
        "info --model 10-kernels-of-integers-and-nan/uint8_kernels.pth | integers have no meaning",
        "classify --model 10-kernels-of-integers-and-nan/neg_var.pth 22-pictures/s440.jpg |"
            + " block3.depthwise",
        "classify 22-pictures/heic_in.jpg | HEIC",
        "classify 22-pictures/avif_in.jpg | AVIF",
        "classify 22-pictures/j.jp2 | JPEG 2000",
        "classify 22-pictures/html.jpg | HTML",
        "classify 22-pictures/empty.jpg | empty",
        "classify 22-pictures/arithmetic.jpg | arithmetic",
      })
  void isCalledWhatItIs(String command, String word) {
    Run run = inCases(command);
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains(word).hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "classify 22-pictures/t.tif | network",
        "classify 22-pictures/tif_in.jpg | network",
        "classify 22-pictures/s440.jpg | network",
        "classify 22-pictures/mixed_sampling.jpg | network",
        "info --model 11-without-head/no_head.pth | no classifier",
        "info --model 11-without-head/app_nohead.weights.h5 | no classifier",
        "info --model 15-keras-other-heads/sigmoid1.weights.h5 | one sigmoid",
        "info --model 08-config-json-of-another-model/other.pth | symmetric",
        "info --model real/tflm_person_detect.tflite | 96×96×1",
        "info --model real/stmcube_mobilenet_128_0_25.h5 | 128×128",
      })
  void isRead(String command, String word) {
    Run run = inCases(command);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains(word);
  }

  private static Run inCases(String command) {
    Path cases = SharedFiles.require(CASES);
    return Run.of(
        Stream.of(command.split(" "))
            .map(word -> word.contains("/") ? cases.resolve(word) + "" : word)
            .toArray(String[]::new));
  }

  /** Tables whose first line is a heading, of names that are known or not. */
  @ParameterizedTest
  @CsvSource({
    "h_id_breed.csv",
    "h_filename_class.csv",
    "h_filepath_labels.csv",
    "h_image_path_label.csv",
    "semicolon.csv",
    "tab.csv",
    "tab.tsv",
  })
  void headingsAreNoClasses(String table) {
    learnsTwo("06-csv-heading-becomes-class/" + table, "a", "b");
  }

  @ParameterizedTest
  @CsvSource({
    "07-training-testing-become-classes/training_testing, glioma, pituitary",
    "07-training-testing-become-classes/seg_train_test, a, b",
    "07-training-testing-become-classes/train_eval, a, b",
    "07-training-testing-become-classes/train_val_unlabelled_test, a, b",
    "23-folders-other/symlink_loop, a, b",
    "23-folders-other/dot_junk, a, b",
  })
  void learnsTwo(String data, String first, String second) {
    Path run = folder.resolve("run");
    Run train =
        Run.of(
            ("train DATA --width 0.25 --resolution 32 --epochs 1 --batch 4 --output " + run)
                .replace("DATA", SharedFiles.require(CASES).resolve(data) + "")
                .split(" "));
    assertThat(train.exitCode()).as(train.err()).isZero();
    assertThat(Models.read(run.resolve("model.safetensors")).labels().names())
        .containsExactly(first, second);
  }

  /** Neither model gets the other's labels. */
  @Test
  void aSecondExportLeavesTheFirstOnesConfiguration() throws IOException {
    Path first = SharedFiles.require(CASES).resolve("09-export-overwrites-config");
    Path out = Files.createDirectory(folder.resolve("out"));
    Path config = Files.copy(first.resolve("config.json"), out.resolve("config.json"));
    byte[] before = Files.readAllBytes(config);
    Run run =
        Run.of(
            "export",
            "--dialect",
            "hugging_face",
            first.resolve("five-classes.safetensors") + "",
            out.resolve("b.safetensors") + "");
    assertThat(run.exitCode() == 0 || run.err().contains("choose another folder")).isTrue();
    assertThat(Files.readAllBytes(config)).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"blank_end.txt", "bom.txt", "crlf.txt", "colon.txt", "coral.txt", "indexed.txt"})
  void labelFilesGiveNames(String labels) {
    Path cases = SharedFiles.require(CASES);
    Run run =
        Run.of(
            "classify",
            "--labels",
            cases.resolve("24-labels-files").resolve(labels) + "",
            "--model",
            cases.resolve("10-kernels-of-integers-and-nan/control.pth") + "",
            cases.resolve("22-pictures/s440.jpg") + "");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("  name ");
  }
}

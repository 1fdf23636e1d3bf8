package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtException;
import io.github.mobilenet4j.Locales;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReferenceForward;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.TutorialGolden;
import io.github.mobilenet4j.formats.Export.BatchNormStyle;
import io.github.mobilenet4j.image.Labels;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.Preprocessing.Crop;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.RandomWeights;
import io.github.mobilenet4j.weights.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Exported files in the runtimes that they are for, and back again. */
class ExportTest {
  private static final int BATCH = 2;
  private static final double TOLERANCE = 1e-4;

  /** PyTorch adds in an order that the processor decides; 1.2e-7 was found. */
  private static final float ROUNDING = 1e-5f;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "0.25,  64,  64, RELU,  SYMMETRIC, 1e-5",
    "0.25,  97, 131, RELU6, SAME,      1e-3",
    "0.25,  97, 131, RELU,  SYMMETRIC, 1e-3",
    "0.3,   33,  46, RELU6, SYMMETRIC, 1e-5",
    "0.5,   64,  33, RELU,  SAME,      1e-3",
    "0.75,  96,  64, RELU6, SYMMETRIC, 1e-3",
    "1.0,   32,  32, RELU6, SAME,      1e-3",
    "0.25,  97, 131, RELU6, ASYMMETRIC, 1e-3",
    "0.25, 100,  46, RELU,  ASYMMETRIC, 1e-3",
  })
  void runtimesGiveTheSameLogits(
      double alpha, int height, int width, Activation activation, Padding padding, double epsilon)
      throws OrtException {
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(alpha)
            .input(height, width)
            .classes(10)
            .activation(activation)
            .padding(padding)
            .epsilon(epsilon)
            .build();
    Model model = model(network);
    float[] x = new float[Math.toIntExact(BATCH * network.input().size())];
    Random random = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    double[] expected = new double[BATCH * network.classes()];
    for (int n = 0; n < BATCH; n++) {
      double[] image = new double[x.length / BATCH];
      for (int i = 0; i < image.length; i++) {
        image[i] = x[n * image.length + i];
      }
      System.arraycopy(
          ReferenceForward.logits(network, model.weights(), image),
          0,
          expected,
          n * network.classes(),
          network.classes());
    }

    for (BatchNormStyle style : BatchNormStyle.values()) {
      Path onnx = folder.resolve(style + ".onnx");
      new OnnxExport(style).write(onnx, model);
      float[] planes = planar(x);
      assertSame(
          "ONNX, " + style,
          OnnxRuntime.run(onnx, planes, new long[] {BATCH, 3, height, width}),
          expected);
      assertThat(OnnxRuntime.metadata(onnx))
          .containsEntry(
              "labels",
              "[\"class 0\",\"class 1\",\"class 2\",\"class 3\",\"class 4\",\"class 5\",\"class"
                  + " 6\",\"class 7\",\"class 8\",\"class 9\"]")
          .containsEntry("mean", "[0.485,0.456,0.406]");
    }
    Path tflite = folder.resolve("model.tflite");
    new TfliteExport().write(tflite, model);
    assertSame(
        "TensorFlow Lite",
        TensorFlowLite.run(tflite, x, new int[] {BATCH, height, width, 3}, expected.length),
        expected);
  }

  private static float[] planar(float[] x) {
    int area = x.length / BATCH / 3;
    float[] planes = new float[x.length];
    for (int n = 0; n < BATCH; n++) {
      for (int i = 0; i < area; i++) {
        for (int c = 0; c < 3; c++) {
          planes[(n * 3 + c) * area + i] = x[(n * area + i) * 3 + c];
        }
      }
    }
    return planes;
  }

  private static void assertSame(String what, float[] found, double[] expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) found[i])
          .as("%s, logit %s", what, i)
          .isCloseTo(expected[i], within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"TUTORIAL", "TUTORIAL_PTH"})
  void keepsTheHeadOfTimm(Way way) throws IOException {
    Model first = Models.read(Fixtures.path("timm_head.safetensors"));
    Model back = pass(first, way, "1");
    assertThat(back.network().backbone()).isEqualTo(MobileNetV1.Backbone.HEADED);
    Fixtures.assertLogits(back, "timm_head");
  }

  /** Returns a model of few values. */
  static Model small() {
    return model(MobileNetV1.builder().widthMultiplier(0.01).resolution(32).classes(2).build());
  }

  private static Model model(MobileNetV1 network) {
    return new Model(
        network,
        RandomWeights.of(network, 1),
        Preprocessing.IMAGENET,
        Labels.numbered(network.classes()),
        Map.of("origin", "a test"));
  }

  /** A format, and what it can hold. */
  private enum Way {
    MODEL_FILE("safetensors", new SafetensorsExport(Dialect.CANONICAL, DataType.F32)),
    TUTORIAL("safetensors", new SafetensorsExport(Dialect.TUTORIAL, DataType.F32)),
    TUTORIAL_PTH("pth", new TorchExport(Dialect.TUTORIAL, DataType.F32)),
    TIMM("safetensors", new SafetensorsExport(Dialect.TIMM, DataType.F32)),
    TIMM_PTH("pth", new TorchExport(Dialect.TIMM, DataType.F32)),
    HUGGING_FACE("safetensors", new SafetensorsExport(Dialect.HUGGING_FACE, DataType.F32)),
    HUGGING_FACE_PTH("bin", new TorchExport(Dialect.HUGGING_FACE, DataType.F32)),
    KERAS("h5", new KerasExport()),
    TFJS("json", new TfjsExport()),
    ONNX_KEPT("onnx", new OnnxExport(BatchNormStyle.KEPT)),
    ONNX_FOLDED("onnx", new OnnxExport(BatchNormStyle.FOLDED)),
    TFLITE("tflite", new TfliteExport());

    final String ending;
    final Export export;

    Way(String ending, Export export) {
      this.ending = ending;
      this.export = export;
    }

    boolean folds() {
      return this == ONNX_FOLDED || this == TFLITE;
    }

    /** Returns whether all of a model stands in the file. */
    boolean describes() {
      return this == MODEL_FILE || ordinal() >= KERAS.ordinal();
    }

    boolean is(String dialect) {
      return name().startsWith(dialect);
    }
  }

  static Stream<Arguments> pairs() {
    List<Arguments> pairs = new ArrayList<>();
    for (Way a : Way.values()) {
      for (Way b : Way.values()) {
        boolean conflict = a.is("TUTORIAL") && b.is("TIMM") || a.is("TIMM") && b.is("TUTORIAL");
        if (!conflict && (a.folds() || !b.folds())) {
          pairs.add(Arguments.of(a, b));
        }
      }
    }
    return pairs.stream();
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void thereAndBackGivesTheSameBits(Way a, Way b) throws IOException {
    boolean tutorial = a.is("TUTORIAL") || b.is("TUTORIAL");
    boolean timm = a.is("TIMM") || b.is("TIMM");
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(0.1)
            .input(64, 47)
            .classes(5)
            .activation(tutorial ? Activation.RELU : Activation.RELU6)
            .padding(tutorial || timm ? Padding.SYMMETRIC : Padding.SAME)
            .epsilon(1e-5)
            .dropout(0.25)
            .build();

    Model first = pass(model(network), a, "1");
    Model there = pass(first, b, "2");
    Model back = pass(there, a, "3");

    assertThat(back.weights()).isInstanceOf(first.weights().getClass());
    for (Parameter p : first.weights().parameters(first.network())) {
      assertThat(back.weights().get(p)).as(p.name()).isEqualTo(first.weights().get(p));
    }
    if (a.describes() && b.describes()) {
      assertThat(back.network()).isEqualTo(first.network());
      assertThat(back.network())
          .isEqualTo(network.toBuilder().epsilon(first.network().epsilon()).build());
      assertThat(back.preprocessing()).isEqualTo(Preprocessing.IMAGENET);
      assertThat(back.labels()).isEqualTo(Labels.numbered(5));
      assertThat(back.metadata()).isEqualTo(Map.of("origin", "a test"));
      assertThat(Files.readAllBytes(path(a, "3"))).isEqualTo(Files.readAllBytes(path(a, "1")));
    }
  }

  private Model pass(Model model, Way way, String number) throws IOException {
    Path path = path(way, number);
    Files.createDirectory(path.getParent());
    way.export.write(path, model);
    return Models.read(path);
  }

  private Path path(Way way, String number) {
    return folder.resolve(number).resolve("model." + way.ending);
  }

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"TIMM", "HUGGING_FACE"})
  void writesWhatTheHubKeepsBesideTheWeights(Dialect dialect) {
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(0.1)
            .input(160, 160)
            .classes(2)
            .padding(Padding.SYMMETRIC)
            .build();
    Preprocessing preprocessing =
        new Preprocessing(
            Crop.RESIZE_THEN_CROP,
            0.8,
            Resampling.BICUBIC,
            List.of(0.1, 0.2, 0.3),
            List.of(0.4, 0.5, 0.6));
    Labels labels = new Labels(List.of("cat", "dog"));
    Path path = folder.resolve("model.safetensors");
    new SafetensorsExport(dialect, DataType.F16)
        .write(
            path,
            new Model(network, RandomWeights.of(network, 1), preprocessing, labels, Map.of()));

    Model read = Models.read(path);
    assertThat(read.preprocessing()).isEqualTo(preprocessing);
    assertThat(read.labels()).isEqualTo(labels);
    assertThat(read.network().height()).isEqualTo(160);
  }

  /** timm finds its network by this name: α in percent, three digits. */
  @ParameterizedTest
  @MethodSource("io.github.mobilenet4j.Locales#odd")
  void timmsNameOfTheNetworkIsTheSameInEveryLocale(Locale locale) throws Exception {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(0.25).classes(2).padding(Padding.SYMMETRIC).build();
    Path path = folder.resolve("model.safetensors");
    Locales.in(
        locale,
        () -> {
          new SafetensorsExport(Dialect.TIMM, DataType.F32).write(path, model(network));
          return null;
        });
    assertThat(folder.resolve("config.json")).content().contains("\"mobilenetv1_025\"");
  }

  @Test
  void leavesAnotherModelsConfigurationAlone() throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(config, "{\"model_type\": \"bert\"}");
    Path path = folder.resolve("model.safetensors");
    Model model = model(MobileNetV1.builder().widthMultiplier(0.1).classes(2).build());
    assertThatThrownBy(
            () -> new SafetensorsExport(Dialect.HUGGING_FACE, DataType.F32).write(path, model))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            config
                + ": is about another model, and one is to be written; choose another folder, such"
                + " as "
                + folder.resolve("model").resolve("model.safetensors"));
    assertThat(path).doesNotExist();
  }

  /** Also where PyTorch's names are chosen by the network, and are Hugging Face's. */
  @Test
  void aSecondModelDoesNotTakeTheFirstOnesConfiguration() throws IOException {
    Model first = model(MobileNetV1.builder().widthMultiplier(0.1).classes(2).build());
    Model second = model(MobileNetV1.builder().widthMultiplier(0.1).classes(3).build());
    Path path = folder.resolve("a.safetensors");
    Export named = new SafetensorsExport(Dialect.HUGGING_FACE, DataType.F32);
    named.write(path, first);
    Path other = folder.resolve("b.pth");
    for (Export export : List.of(named, new TorchExport(Dialect.HUGGING_FACE, DataType.F32))) {
      assertThatThrownBy(() -> export.write(other, second))
          .isInstanceOf(MobileNetException.class)
          .hasMessageContaining("config.json: is about another model, and one is to be written;")
          .hasMessageEndingWith(folder.resolve("b").resolve("b.pth").toString());
      assertThat(other).doesNotExist();
    }
    assertThat(Models.read(path).labels()).isEqualTo(Labels.numbered(2));

    // What it writes is what is there.
    new TorchExport(Dialect.HUGGING_FACE, DataType.F32).write(other, first);
    assertThat(Models.read(other).labels()).isEqualTo(Labels.numbered(2));
    Files.delete(other);

    // The only weights in the folder are replaced, and what belongs to them.
    named.write(path, second);
    assertThat(Models.read(path).labels()).isEqualTo(Labels.numbered(3));
  }

  @Test
  void writesNothingBesideADevice() throws IOException {
    Path device = Path.of("/dev/null");
    assumeTrue(Files.exists(device), "skipped: no /dev/null");
    Path link = Files.createSymbolicLink(folder.resolve("null.pth"), device);
    Model model = model(MobileNetV1.builder().widthMultiplier(0.1).classes(2).build());
    assertThatThrownBy(() -> new TorchExport(Dialect.HUGGING_FACE, DataType.F32).write(link, model))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(
            link
                + " is no file, and config.json, preprocessor_config.json must lie beside the"
                + " weights; choose a file");
    assertThat(folder).isDirectoryContaining(file -> file.equals(link));
    assertThat(folder.resolve("config.json")).doesNotExist();
  }

  @Test
  void refusesWhatTheNamesCannotSay() {
    Model model = model(MobileNetV1.builder().widthMultiplier(0.1).classes(2).build());
    assertThatThrownBy(
            () -> new TorchExport(Dialect.TIMM, DataType.F32).write(folder.resolve("a.pth"), model))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining(
            "the network of timm has padding SYMMETRIC and activation RELU6, this model SAME and");
    assertThat(folder).isEmptyDirectory();
  }

  /** PyTorch loads what was written without running any code of it, and computes the same. */
  @ParameterizedTest
  @CsvSource({
    "timm, TIMM, F32",
    "timm_head, TIMM, F32",
    "hugging_face, HUGGING_FACE, F32",
    "hugging_face, HUGGING_FACE, BF16",
  })
  void pytorchGivesTheSameLogits(String name, Dialect dialect, DataType kernels)
      throws IOException, InterruptedException {
    Model model = Models.read(Fixtures.path(name + ".safetensors"));
    Path path = folder.resolve("model.pth");
    new TorchExport(dialect, kernels).write(path, model);
    Path script = Path.of("src", "test", "python", "judge.py").toAbsolutePath();
    double most = Double.parseDouble(pytorch(script, name, path).strip());
    assertThat(most).isLessThan(kernels == DataType.F32 ? ROUNDING : 0.1);
  }

  @Test
  void theTutorialsNetworkGivesTheSameLogits() throws IOException, InterruptedException {
    TutorialGolden golden = TutorialGolden.read();
    Path path = folder.resolve("model.pth");
    Path logits = folder.resolve("logits.safetensors");
    new TorchExport(Dialect.TUTORIAL, DataType.F32).write(path, golden.model());
    Path input = SharedFiles.require("oracle/golden-0.25-64.safetensors");
    pytorch(SharedFiles.require("oracle/oracle.py"), "logits", path, input, logits);
    assertClose(
        Safetensors.read(logits).tensors().get("logits").floats(),
        golden.tensors().get("eval.logits").floats());
  }

  private static void assertClose(float[] found, float[] expected) {
    float largest = 0;
    for (float logit : expected) {
      largest = Math.max(largest, Math.abs(logit));
    }
    assertThat(found).containsExactly(expected, within(ROUNDING * largest));
  }

  /** Returns what a Python script prints, or skips the test where PyTorch is not there. */
  private static String pytorch(Object... scriptAndArguments)
      throws IOException, InterruptedException {
    String python = System.getProperty("judge.python", "/usr/bin/python3");
    List<String> command = new ArrayList<>(List.of(python));
    Stream.of(scriptAndArguments).map(Object::toString).forEach(command::add);
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      process = null;
    }
    assumeTrue(process != null, "skipped: " + python + " is not there");
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    Matcher missing = Pattern.compile("No module named '(torch|numpy)'").matcher(printed);
    assumeTrue(!missing.find(), () -> "skipped: " + python + " has no " + missing.group(1));
    assertThat(code).as(printed).isZero();
    return printed;
  }
}

package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.SharedFiles;
import io.github.mobilenet4j.formats.onnx.OnnxFormatTest;
import io.github.mobilenet4j.formats.reading.Source;
import io.github.mobilenet4j.formats.reading.ZipArchive;
import io.github.mobilenet4j.formats.tensorflow.TensorFlowFormatTest;
import io.github.mobilenet4j.formats.tflite.TfliteGraphTest;
import io.github.mobilenet4j.fuzz.CheckpointGrammar;
import io.github.mobilenet4j.fuzz.Choices;
import io.github.mobilenet4j.fuzz.FlatGrammar;
import io.github.mobilenet4j.fuzz.Fuzzer;
import io.github.mobilenet4j.fuzz.HdfGrammar;
import io.github.mobilenet4j.fuzz.JsonGrammar;
import io.github.mobilenet4j.fuzz.PickleGrammar;
import io.github.mobilenet4j.fuzz.ProtoGrammar;
import io.github.mobilenet4j.fuzz.SafetensorsGrammar;
import io.github.mobilenet4j.fuzz.Target;
import io.github.mobilenet4j.fuzz.ZipGrammar;
import io.github.mobilenet4j.weights.Model;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** {@link Models#read(Path)}, of files of each format. */
public class ModelsFuzzTest {
  private static final String TIMM =
      """
      {"architecture": "mobilenetv1_100", "label_names": ["a", "b", "c"],
       "pretrained_cfg": {"input_size": [3, 256, 128], "interpolation": "bilinear",
       "crop_pct": 0.95, "crop_mode": "center", "mean": [0, 0, 0], "std": [1, 1, 1]}}
      """;

  private static final String TRANSFORMERS =
      """
      {"model_type": "mobilenet_v1", "image_size": 192, "hidden_act": "relu", "tf_padding": false,
       "layer_norm_eps": 0.01, "id2label": {"0": "background", "1": "tench", "2": "goldfish"}}
      """;

  private static final String PROCESSOR =
      """
      {"image_processor_type": "MobileNetV1ImageProcessor", "do_center_crop": true, "resample": 3,
       "crop_size": {"height": 160, "width": 192}, "size": {"shortest_edge": 200},
       "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
      """;

  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.weights.h5";

  /**
   * Returns the readers of models.
   *
   * @param folder where they find the files
   */
  public static List<Target> targets(Path folder) throws IOException {
    List<byte[]> archives =
        torch(
            "shared.pth",
            "strided.pth",
            "checkpoint.pth",
            "protocol-4.pth",
            "transformers-same.pth",
            "scripted.pt",
            "traced.ptl");
    List<byte[]> safetensors = torch("timm.safetensors", "hugging_face.safetensors");
    List<byte[]> kept = torch("timm.onnx", "kept.onnx", "hugging_face.onnx");
    List<byte[]> onnx = new ArrayList<>(kept);
    onnx.add(OnnxFormatTest.mixed());
    onnx.add(new OnnxExport(Export.BatchNormStyle.FOLDED).bytes(ExportTest.small()));
    List<byte[]> quantised =
        new ArrayList<>(
            onnxFiles(
                "qdq_channel",
                "uint8",
                "typed",
                "unsorted",
                "hidden",
                "integers_channel",
                "integers_tensor",
                "integers_signed",
                "integers_reduced"));
    Model integers = Models.read(Fixtures.path("tflite", "integers_top.tflite"));
    quantised.add(new OnnxExport(Export.BatchNormStyle.FOLDED).bytes(integers));
    List<byte[]> tflite = new ArrayList<>(TfliteGraphTest.files());
    for (String name : List.of("top_f16", "rescaling_int8", "uint8_f32", "any_f32", "grey_int8")) {
      tflite.add(Files.readAllBytes(Fixtures.path("tflite", name + ".tflite")));
    }
    tflite.add(exported(new TfliteExport(), folder.resolve("exported.tflite")));
    List<byte[]> h5 = new ArrayList<>();
    for (String name : List.of("whole", "applications", "applications.weights", "transfer")) {
      h5.add(Files.readAllBytes(Fixtures.path("keras", name + ".h5")));
    }
    h5.add(exported(new KerasExport(), folder.resolve("exported.h5")));
    List<Target> targets =
        new ArrayList<>(
            List.of(
                target("torch-archive", archives, PickleGrammar::archive, folder, "fuzz.pth"),
                target(
                    "torch-stream",
                    torch(
                        "legacy.pth",
                        "shared-legacy.pth",
                        "legacy-protocol-4.pth",
                        "objects-4.pth",
                        "whole.pth"),
                    PickleGrammar::stream,
                    folder,
                    "stream.pth"),
                target(
                    "onnx",
                    onnx,
                    choices -> ProtoGrammar.like(choices.of(onnx), choices),
                    folder,
                    "fuzz.onnx"),
                beside(folder.resolve("onnx-data"), onnxFiles("dynamo")),
                target(
                    "onnx-quantised",
                    quantised,
                    choices -> ProtoGrammar.like(choices.of(quantised), choices),
                    folder,
                    "fuzz.onnx"),
                target(
                    "tflite",
                    tflite,
                    choices -> FlatGrammar.like(choices.of(tflite), choices),
                    folder,
                    "fuzz.tflite"),
                target("h5", h5, HdfGrammar::file, folder, "fuzz.h5"),
                target(
                    "keras",
                    List.of(Files.readAllBytes(Fixtures.path("keras", "sequential.keras"))),
                    keras("sequential.keras", "transfer.keras"),
                    folder,
                    "fuzz.keras"),
                target(
                    "named-tensors",
                    safetensors,
                    choices -> SafetensorsGrammar.like(safetensors, choices),
                    folder,
                    "fuzz.safetensors"),
                zip(archives),
                config("config-timm", folder, "timm", CONFIG, TIMM),
                config("config", folder, "hugging_face", CONFIG, TRANSFORMERS),
                config(
                    "preprocessor-config",
                    folder,
                    "hugging_face",
                    "preprocessor_config.json",
                    PROCESSOR)));
    targets.add(tfjs(folder));
    targets.addAll(tensorFlow(folder));
    Path real = SharedFiles.path("data/weights/vww_96_int8.tflite");
    if (Files.exists(real)) {
      targets.add(
          target("tflite-real", List.of(Files.readAllBytes(real)), null, folder, "real.tflite"));
    }
    return targets;
  }

  private static Target target(
      String name, List<byte[]> seeds, Target.Grammar grammar, Path folder, String file) {
    Target.Reader reader =
        bytes -> {
          Path path = Files.createDirectories(folder.resolve(name)).resolve(file);
          Files.write(path, bytes);
          Models.read(path);
        };
    return grammar == null
        ? new Target(name, seeds, reader)
        : new Target(name, seeds, grammar, reader);
  }

  /** Whatever is in an archive: each entry is asked for. */
  private static Target zip(List<byte[]> seeds) {
    List<String> names = List.of("a/data.pkl", "a/data/0", CONFIG, WEIGHTS, "");
    return new Target(
        "zip",
        seeds,
        choices -> ZipGrammar.archive(names, choices),
        bytes -> {
          try (ZipArchive zip = ZipArchive.open(Source.of("fuzz.zip", bytes))) {
            for (ZipArchive.Entry entry : zip.entries()) {
              zip.bytes(entry, 1 << 20);
            }
          } catch (IOException e) {
            throw new MobileNetException("fuzz.zip: " + e.getMessage(), e);
          }
        });
  }

  private static List<byte[]> onnxFiles(String... names) {
    try {
      List<byte[]> files = new ArrayList<>();
      for (String name : names) {
        files.add(Files.readAllBytes(Fixtures.path("onnx", name + ".onnx")));
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file beside an ONNX file stays as it is. */
  private static Target beside(Path folder, List<byte[]> seeds) throws IOException {
    Path data = Fixtures.path("onnx", "dynamo.onnx.data");
    Path model = Files.createDirectories(folder).resolve("dynamo.onnx");
    Files.write(folder.resolve(data.getFileName().toString()), Files.readAllBytes(data));
    return new Target(
        "onnx-data",
        seeds,
        choices -> ProtoGrammar.like(seeds.getFirst(), choices),
        bytes -> {
          Files.write(model, bytes);
          Models.read(model);
        });
  }

  /** The files of weights stay as they are, and what describes them changes. */
  private static Target tfjs(Path folder) throws IOException {
    Path path = Files.createDirectories(folder.resolve("tfjs")).resolve("model.json");
    byte[] seed = exported(new TfjsExport(), path);
    return JsonGrammar.target(
        "tfjs",
        List.of(new String(seed, StandardCharsets.UTF_8)),
        bytes -> {
          Files.write(path, bytes);
          Models.read(path);
        });
  }

  /** Frozen graphs; and of a SavedModel, the graph, or the index of its variables, changes. */
  private static List<Target> tensorFlow(Path folder) throws IOException {
    Path good = Files.createDirectories(folder.resolve("tensorflow-files"));
    List<byte[]> frozen = new ArrayList<>();
    for (String name : List.of("slim", "bytes", "arithmetic", "padded", "keras_top")) {
      frozen.add(Files.readAllBytes(TensorFlowFormatTest.unpack(name, good)));
    }
    Path saved = TensorFlowFormatTest.unpack("saved", good);
    Path indexed = TensorFlowFormatTest.unpack("session", good);
    byte[] graph = Files.readAllBytes(saved.resolve("saved_model.pb"));
    Path index = indexed.resolve("variables/variables.index");
    List<String> keys = List.of("", "MobilenetV1/Conv2d_0/weights", "MobilenetV1/Logits");
    return List.of(
        target(
            "tensorflow-frozen",
            frozen,
            choices -> ProtoGrammar.like(choices.of(frozen), choices),
            folder,
            "fuzz.pb"),
        new Target(
            "tensorflow-saved",
            List.of(graph),
            choices -> ProtoGrammar.like(graph, choices),
            bytes -> {
              Files.write(saved.resolve("saved_model.pb"), bytes);
              Models.read(saved);
            }),
        new Target(
            "tensorflow-index",
            List.of(Files.readAllBytes(index)),
            choices -> CheckpointGrammar.index(keys, choices),
            bytes -> {
              Files.write(index, bytes);
              Models.read(indexed);
            }));
  }

  /** Weights stay as they are, and what stands beside them changes. */
  private static Target config(String name, Path folder, String names, String file, String seed)
      throws IOException {
    Path weights = Files.createDirectories(folder.resolve(name)).resolve("model.safetensors");
    Files.write(weights, Fixtures.bytes(names + ".safetensors"));
    return JsonGrammar.target(
        name,
        List.of(seed),
        bytes -> {
          Files.write(weights.resolveSibling(file), bytes);
          Models.read(weights);
        });
  }

  /** Keras' own archives, with another configuration. */
  private static Target.Grammar keras(String... names) throws IOException {
    List<String> configs = new ArrayList<>();
    List<byte[]> weights = new ArrayList<>();
    for (String name : names) {
      configs.add(new String(entry(name, CONFIG), StandardCharsets.UTF_8));
      weights.add(entry(name, WEIGHTS));
    }
    return choices -> {
      int which = choices.below(configs.size());
      byte[] config =
          JsonGrammar.like(configs.get(which), choices).getBytes(StandardCharsets.UTF_8);
      return zip(config, choices.oneIn(8) ? HdfGrammar.file(choices) : weights.get(which), choices);
    };
  }

  private static byte[] zip(byte[] config, byte[] weights, Choices choices) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setLevel(choices.of(1, 9));
      zip.putNextEntry(new ZipEntry(CONFIG));
      zip.write(config);
      zip.putNextEntry(new ZipEntry(WEIGHTS));
      zip.write(weights);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] entry(String archive, String name) throws IOException {
    try (ZipFile zip = new ZipFile(Fixtures.path("keras", archive).toFile())) {
      return zip.getInputStream(zip.getEntry(name)).readAllBytes();
    }
  }

  private static List<byte[]> torch(String... names) {
    return Stream.of(names).map(Fixtures::bytes).toList();
  }

  private static byte[] exported(Export export, Path path) throws IOException {
    export.write(path, ExportTest.small());
    return Files.readAllBytes(path);
  }

  @TestFactory
  Stream<DynamicTest> readers(@TempDir Path folder) throws IOException {
    return Fuzzer.tests(targets(folder));
  }
}

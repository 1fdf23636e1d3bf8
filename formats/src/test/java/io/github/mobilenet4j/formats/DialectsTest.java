package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.Preprocessing;
import io.github.mobilenet4j.image.Preprocessing.Crop;
import io.github.mobilenet4j.image.Resampling;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files in the names of others, and what lies beside them. */
class DialectsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "timm, timm, SEPARABLE, SYMMETRIC, 1e-5",
    "timm_head, timm, HEADED, SYMMETRIC, 1e-5",
    "hugging_face, hugging_face, SEPARABLE, SAME, 1e-3"
  })
  void givesTheLogitsOfItsOrigin(
      String file, String dialect, MobileNetV1.Backbone backbone, Padding padding, double epsilon) {
    Path path = Fixtures.path(file + ".safetensors");
    Model model = Models.read(path);

    assertThat(model.metadata()).containsEntry("dialect", dialect);
    assertThat(model.network().backbone()).isEqualTo(backbone);
    assertThat(model.network().padding()).isEqualTo(padding);
    assertThat(model.network().epsilon()).isEqualTo(epsilon);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU6);
    Fixtures.assertLogits(model, file);

    Map<String, Tensor> written =
        Dialect.valueOf(dialect.toUpperCase(Locale.ROOT))
            .tensors(model.network(), model.weights(), DataType.F32);
    Map<String, Tensor> read = Safetensors.read(path).tensors();
    assertThat(read).containsAllEntriesOf(written);
    assertThat(read.keySet().stream().filter(name -> !name.endsWith(".num_batches_tracked")))
        .hasSameSizeAs(written.keySet());
  }

  @Test
  void takesADialectByName() {
    Path path = Fixtures.path("timm.safetensors");
    assertThat(Models.read(path, Dialect.TIMM).metadata()).containsEntry("dialect", "timm");
    assertThatThrownBy(() -> Models.read(path, Dialect.TUTORIAL))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("in any of the dialects [tutorial]; it has [conv_stem.weight");
  }

  @Test
  void takesWhatTransformersKeepsBesideTheWeights() throws IOException {
    Path path = copy("hugging_face.safetensors");
    write(
        "config.json",
        """
        {"model_type": "mobilenet_v1", "image_size": 192, "hidden_act": "relu", "tf_padding": false,
         "layer_norm_eps": 0.01, "depth_multiplier": 0.75, "min_depth": 8,
         "id2label": {"0": "background", "1": "tench", "2": "goldfish"}}
        """);
    write(
        "preprocessor_config.json",
        """
        {"image_processor_type": "MobileNetV1ImageProcessor", "do_center_crop": true, "resample": 3,
         "crop_size": {"height": 160, "width": 192}, "size": {"shortest_edge": 200},
         "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
        """);

    Model model = Models.read(path);

    assertThat(model.network().height()).isEqualTo(160);
    assertThat(model.network().width()).isEqualTo(192);
    assertThat(model.network().activation()).isEqualTo(Activation.RELU);
    assertThat(model.network().padding()).isEqualTo(Padding.SYMMETRIC);
    assertThat(model.network().epsilon()).isEqualTo(0.01);
    assertThat(model.labels().names()).containsExactly("background", "tench", "goldfish");
    assertThat(model.preprocessing())
        .isEqualTo(
            new Preprocessing(
                Crop.RESIZE_THEN_CROP,
                0.96,
                Resampling.BICUBIC,
                List.of(0.1, 0.2, 0.3),
                List.of(0.4, 0.5, 0.6)));
  }

  @Test
  void takesWhatTimmKeepsBesideTheWeights() throws IOException {
    Path path = copy("timm.safetensors");
    assertThat(Models.read(path).preprocessing())
        .isEqualTo(Preprocessing.TENSORFLOW.withResampling(Resampling.BICUBIC));
    write(
        "config.json",
        """
        {"architecture": "mobilenetv1_100", "label_names": ["a", "b", "c"],
         "pretrained_cfg": {"input_size": [3, 256, 128], "interpolation": "bilinear",
         "crop_pct": 1, "crop_mode": "squash", "mean": [0, 0, 0], "std": [1, 1, 1]}}
        """);

    Model model = Models.read(path);

    assertThat(model.network().height()).isEqualTo(256);
    assertThat(model.network().width()).isEqualTo(128);
    assertThat(model.labels().names()).containsExactly("a", "b", "c");
    assertThat(model.preprocessing().crop()).isEqualTo(Crop.SQUASH);
    assertThat(model.preprocessing().cropFraction()).isEqualTo(1);
    assertThat(model.preprocessing().resampling()).isEqualTo(Resampling.BILINEAR);
    assertThat(model.preprocessing().std()).containsOnly(1.0);
  }

  /** Floor of 224 / 0.95 is 235, as timm has it, and not 236. */
  @Test
  void aCropOfTimmIsOfWholePixels() throws IOException {
    Path path = copy("timm.safetensors");
    write("config.json", "{\"architecture\": \"mobilenetv1_100\", \"crop_pct\": 0.95}");
    assertThat(Models.read(path).preprocessing().cropFraction()).isEqualTo(224 / 235.0);
  }

  @ParameterizedTest
  @CsvSource({
    "timm, hugging_face, model_type, mobilenet_v1, transformers",
    "hugging_face, timm, architecture, mobilenetv1_100, timm",
  })
  void leavesTheFilesOfAnotherLibraryAlone(
      String names, String dialect, String key, String value, String library) throws IOException {
    Path path = copy(names + ".safetensors");
    Model alone = Models.read(path);
    write(
        "config.json",
        "{\"%s\": \"%s\", \"hidden_act\": \"relu\", \"layer_norm_eps\": 0.5, \"crop_pct\": 0.5}"
            .formatted(key, value));
    write(
        "preprocessor_config.json",
        "{\"image_processor_type\": \"%s\", \"image_mean\": [0, 0, 0]}"
            .formatted(names.equals("timm") ? "MobileNetV1ImageProcessor" : "ViTImageProcessor"));

    Model model = Models.read(path);

    assertThat(model.network()).isEqualTo(alone.network());
    assertThat(model.preprocessing()).isEqualTo(alone.preprocessing());
    assertThat(model.metadata())
        .containsEntry(
            "config.json",
            "left alone: it is of %s, the tensors have the names of %s".formatted(library, names));
    assertThat(model.metadata().containsKey("preprocessor_config.json"))
        .isEqualTo(names.equals("timm"));
  }

  /**
   * What transformers' own processor computes of these fields: preprocessing.py beside the tests.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"rescale_factor\": 0.00784313725490196, \"image_mean\": [1, 1, 1], \"image_std\": [1, 1,"
            + " 1] | 0.5 | 0.5",
        "\"do_rescale\": false, \"image_mean\": [127.5, 127.5, 127.5], \"image_std\": [127.5,"
            + " 127.5, 127.5] | 0.5 | 0.5",
        "\"do_normalize\": false | 0 | 1",
        "\"do_rescale\": false, \"do_normalize\": false | 0 | 0.00392156862745",
        "\"rescale_factor\": 0.00392156862745098 | 0.5 | 0.5",
        "\"do_convert_rgb\": true | 0.5 | 0.5",
      })
  void scalesAsTransformersDoes(String fields, double mean, double std) throws IOException {
    Path path = copy("hugging_face.safetensors");
    write(
        "preprocessor_config.json",
        "{\"image_processor_type\": \"MobileNetV1ImageProcessor\", \"size\": 72, \"crop_size\": 64, %s}"
            .formatted(fields));
    Model model = Models.read(path);
    assertThat(model.preprocessing())
        .isEqualTo(
            new Preprocessing(
                Crop.RESIZE_THEN_CROP,
                64 / 72.0,
                Resampling.BILINEAR,
                List.of(mean, mean, mean),
                List.of(std, std, std)));
    assertThat(model.network().height()).isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                                                     | RESIZE_THEN_CROP | 224 | 0.875",
        "\"size\": {\"height\": 96, \"width\": 96}, \"do_center_crop\": false | SQUASH | 96  | 1",
        "\"size\": {\"height\": 96, \"width\": 96}, \"crop_size\": 96 | SQUASH | 96 | 1",
        "\"size\": {\"shortest_edge\": 64}, \"crop_size\": {\"height\": 64, \"width\": 64}"
            + " | RESIZE_THEN_CROP | 64 | 1",
      })
  void sizesAreThoseOfTransformers(String fields, Crop crop, int side, double fraction)
      throws IOException {
    Path path = copy("hugging_face.safetensors");
    write(
        "preprocessor_config.json",
        "{\"image_processor_type\": \"MobileNetV1ImageProcessor\"%s}"
            .formatted(fields == null ? "" : ", " + fields));
    Model model = Models.read(path);
    assertThat(model.preprocessing().crop()).isEqualTo(crop);
    assertThat(model.preprocessing().cropFraction()).isEqualTo(fraction);
    assertThat(model.network().height()).isEqualTo(side);
    assertThat(model.network().width()).isEqualTo(side);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"do_resize\": false | do_resize is false: pictures of another size than the network's"
            + " are",
        "\"do_pad\": true | do_pad is not supported",
        "\"do_center_crop\": false | size is a shortest_edge and do_center_crop false: not all",
        "\"size\": {\"height\": 96, \"width\": 96} | size and crop_size differ",
        "\"size\": {\"longest_edge\": 96} | size is {longest_edge=96}, expected a number, shortest",
        "\"size\": 0 | size is 0, expected a number",
        "\"size\": \"x\" | size is x, expected an object",
        "\"size\": 64, \"crop_size\": 72 | crop fraction is 1.125",
        "\"rescale_factor\": 0 | rescale_factor is 0",
        "\"resample\": 1 | resample is 1, expected one of [2, 3",
      })
  void refusesWhatItCannotDo(String fields, String fault) throws IOException {
    Path path = copy("hugging_face.safetensors");
    write(
        "preprocessor_config.json",
        "{\"image_processor_type\": \"MobileNetV1ImageProcessor\", %s}".formatted(fields));
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessageStartingWith(folder.resolve("preprocessor_config.json") + ": ")
        .hasMessageContaining(fault);
  }

  @Test
  void leavesFilesAloneThatAreAboutSomethingElse() throws IOException {
    Path path = copy("timm.safetensors");
    Model alone = Models.read(path);
    write("config.json", "{\"model_type\": \"bert\", \"id2label\": {\"0\": \"x\"}}");
    write("preprocessor_config.json", "{\"image_processor_type\": \"ViTImageProcessor\"}");

    Model model = Models.read(path);

    assertThat(model.labels()).isEqualTo(alone.labels());
    assertThat(model.preprocessing()).isEqualTo(alone.preprocessing());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"id2label\": {\"0\": \"x\"} | 1 labels for 3 classes",
        "\"id2label\": 1 | id2label is 1, expected an object",
        "\"hidden_act\": \"gelu\" | hidden_act is gelu, expected one of [relu, relu6]",
        "\"image_size\": 0.5 | image_size is 0.5, expected a whole number",
        "\"image_size\": 1 | input height is 1, expected >= 32"
      })
  void namesTheFileAndTheField(String field, String fault) throws IOException {
    Path path = copy("hugging_face.safetensors");
    write("config.json", "{\"model_type\": \"mobilenet_v1\", " + field + "}");
    assertThatThrownBy(() -> Models.read(path))
        .isInstanceOf(MobileNetException.class)
        .hasMessage(folder.resolve("config.json") + ": " + fault);
  }

  private Path copy(String name) throws IOException {
    return Files.copy(Fixtures.path(name), folder.resolve(name));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }
}

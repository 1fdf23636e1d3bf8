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
                0.8,
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
         "crop_pct": 0.95, "crop_mode": "squash", "mean": [0, 0, 0], "std": [1, 1, 1]}}
        """);

    Model model = Models.read(path);

    assertThat(model.network().height()).isEqualTo(256);
    assertThat(model.network().width()).isEqualTo(128);
    assertThat(model.labels().names()).containsExactly("a", "b", "c");
    assertThat(model.preprocessing().crop()).isEqualTo(Crop.SQUASH);
    assertThat(model.preprocessing().cropFraction()).isEqualTo(0.95);
    assertThat(model.preprocessing().resampling()).isEqualTo(Resampling.BILINEAR);
    assertThat(model.preprocessing().std()).containsOnly(1.0);
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

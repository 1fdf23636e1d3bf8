package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.Mutations;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubConfigFuzzTest {
  private static final byte[] TIMM =
      """
      {"architecture": "mobilenetv1_100", "label_names": ["a", "b", "c"],
       "pretrained_cfg": {"input_size": [3, 256, 128], "interpolation": "bilinear",
       "crop_pct": 0.95, "crop_mode": "squash", "mean": [0, 0, 0], "std": [1, 1, 1]}}
      """
          .getBytes(StandardCharsets.UTF_8);

  private static final byte[] TRANSFORMERS =
      """
      {"model_type": "mobilenet_v1", "image_size": 192, "hidden_act": "relu", "tf_padding": false,
       "layer_norm_eps": 0.01, "id2label": {"0": "background", "1": "tench", "2": "goldfish"}}
      """
          .getBytes(StandardCharsets.UTF_8);

  private static final byte[] PROCESSOR =
      """
      {"image_processor_type": "MobileNetV1ImageProcessor", "do_center_crop": true, "resample": 3,
       "crop_size": {"height": 160, "width": 192}, "size": {"shortest_edge": 200},
       "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
      """
          .getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  @Test
  void config() {
    fuzz("config.json", List.of(TIMM, TRANSFORMERS));
  }

  @Test
  void preprocessor() {
    fuzz("preprocessor_config.json", List.of(PROCESSOR));
  }

  private void fuzz(String name, List<byte[]> seeds) {
    Model model = Models.read(Fixtures.path("timm.safetensors"));
    Mutations.fuzz(
        seeds,
        bytes -> {
          try {
            Files.write(folder.resolve(name), bytes);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          HubConfig.apply(folder.resolve("weights"), model);
        });
  }
}

package io.github.mobilenet4j;

import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What PyTorch computes with the tutorial's network at α 0.25, four pictures of 64×64, ten classes.
 *
 * @param model the network with its weights
 * @param tensors {@code x}, {@code eval.logits} and the output of each module, {@code eval.model.0}
 *     to {@code eval.model.14}, {@code [N,C,H,W]}
 */
public record TutorialGolden(Model model, Map<String, Tensor> tensors) {
  private static final String WEIGHTS = "weights.";

  /** Reads the file, or skips the test if it is not there. */
  public static TutorialGolden read() {
    Map<String, Tensor> all =
        Safetensors.read(SharedFiles.require("oracle/golden-0.25-64.safetensors")).tensors();
    Map<String, Tensor> weights = new LinkedHashMap<>();
    all.forEach((name, tensor) -> {
      if (name.startsWith(WEIGHTS)) {
        weights.put(name.substring(WEIGHTS.length()), tensor);
      }
    });
    return new TutorialGolden(Dialect.read("golden", weights).withInput(64, 64), all);
  }
}

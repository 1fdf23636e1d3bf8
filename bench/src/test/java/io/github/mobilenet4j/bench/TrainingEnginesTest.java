package io.github.mobilenet4j.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.weights.Weights;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** PyTorch judges the training steps that are timed. */
class TrainingEnginesTest {
  /** From src/test/python/training_losses.py. */
  private static final float[] LOSSES = {3.474319f, 3.449922f, 3.408575f};

  @ParameterizedTest
  @EnumSource(names = {"MOBILENET4J", "LIBTORCH"})
  void sameGradients(TrainingContender contender) {
    Golden golden = require(contender);
    Engine.Job input = golden.job();
    Weights gradients = golden.gradients();
    // With a rate of 1 the first step subtracts the gradient.
    try (TrainingEngine engine = prepare(contender, golden, 1)) {
      engine.step();
      Weights found = engine.weights();
      for (Parameter p : input.network().parameters()) {
        if (p.role().trainable()) {
          assertThat(
                  Engine.difference(gradients.get(p), minus(input.weights().get(p), found.get(p))))
              .as(p.name())
              .isLessThan(1e-3);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"MOBILENET4J", "LIBTORCH"})
  void sameLosses(TrainingContender contender) {
    Golden golden = require(contender);
    try (TrainingEngine engine = prepare(contender, golden, 1e-6)) {
      for (float loss : LOSSES) {
        assertThat(engine.step()).isCloseTo(loss, within(1e-4f * loss));
      }
    }
  }

  private static Golden require(TrainingContender contender) {
    assumeTrue(
        contender != TrainingContender.LIBTORCH
            || torch.class.getResource("/org/bytedeco/pytorch/linux-x86_64/libtorch.so") != null,
        "skipped: LibTorch is not there, profile libtorch brings it");
    return Golden.require();
  }

  private static TrainingEngine prepare(TrainingContender contender, Golden golden, double rate) {
    return contender.prepare(new TrainingEngine.Job(golden.job(), golden.labels(), rate));
  }

  private static float[] minus(float[] a, float[] b) {
    float[] difference = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      difference[i] = a[i] - b[i];
    }
    return difference;
  }
}

package io.github.mobilenet4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import io.github.mobilenet4j.weights.Initialization;
import io.github.mobilenet4j.weights.Weights;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UnfoldedBatchNormTest {
  private static final int N = 8;
  private static final MobileNetV1 NETWORK =
      MobileNetV1.builder().widthMultiplier(0.25).resolution(64).classes(5).build();

  @Test
  void theNetworkComputesWhatItDidInTrainingToo() {
    Weights.Folded folded = folded();
    assertThat(folded.withBatchNorm(NETWORK).addsBiasesOnly(NETWORK)).isTrue();
    Random random = new Random(1);
    float[] x = new float[N * 64 * 64 * 3];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() * 2 - 1;
    }
    float[] targets = new float[N * 5];
    Arrays.fill(targets, 0.2f);
    Batch images = new Batch(0, N, x, targets, new int[N], new int[N]);

    Weights.Trained unfolded = UnfoldedBatchNorm.of(NETWORK, folded, images, 2, () -> false);

    assertThat(unfolded.addsBiasesOnly(NETWORK)).isFalse();
    float[] expected = logits(folded, x);
    assertClose(logits(unfolded, x), expected, 1e-3f);
    float[] training = new float[expected.length];
    try (TrainingGraph graph = new TrainingGraph(NETWORK, unfolded, N, 1, 0, 0.1)) {
      graph.step(x, targets, N, 0, training);
    }
    // The batch's variance is that of a population, the running one that of a sample.
    assertClose(training, expected, 0.05f);
  }

  @Test
  void theFirstLayersAloneMoveTheirStatisticsAsAWholeStep() {
    Weights.Trained weights = folded().withBatchNorm(NETWORK);
    float[] x = new float[N * 64 * 64 * 3];
    Random random = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() * 2 - 1;
    }
    try (TrainingGraph whole = new TrainingGraph(NETWORK, weights, N, 1, 0, 0.5);
        TrainingGraph part = new TrainingGraph(NETWORK, weights, N, 2, 0, 0.5)) {
      whole.step(x, new float[N * 5], N, 0, new float[N * 5]);
      part.forward(x, N, 5);
      for (int i = 0; i < 2 * 5; i++) { // a mean and a variance each
        assertThat(part.statistics().get(i).values()).isEqualTo(whole.statistics().get(i).values());
      }
      TrainingParameter next = part.statistics().get(2 * 5);
      assertThat(next.values()).containsOnly(0); // a mean as it came
    }
  }

  private static Weights.Folded folded() {
    Map<String, float[]> values = new HashMap<>();
    Random random = new Random(2);
    for (Parameter p : NETWORK.foldedParameters()) {
      float[] v = Initialization.HE.values(p, 4);
      for (int k = 0; k < v.length && p.role() == Role.BIAS; k++) {
        v[k] = p.layer() instanceof Layer.Convolution ? random.nextFloat() - 0.3f : 0;
      }
      values.put(p.name(), v);
    }
    return new Weights.Folded(values);
  }

  private static float[] logits(Weights weights, float[] x) {
    float[] logits = new float[N * NETWORK.classes()];
    try (Session session = new Session(InferencePlan.compile(NETWORK, weights), N, 1)) {
      session.run(x, N, logits);
    }
    return logits;
  }

  private static void assertClose(float[] found, float[] expected, float tolerance) {
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(found).containsExactly(expected, within(tolerance * largest));
  }
}

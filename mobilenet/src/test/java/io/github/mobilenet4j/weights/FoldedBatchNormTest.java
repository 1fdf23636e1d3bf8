package io.github.mobilenet4j.weights;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.mobilenet4j.network.MobileNetV1;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FoldedBatchNormTest {
  @Test
  void changesNoBit() {
    float[] kernel = new float[1 << 20];
    Random random = new Random(1);
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] = (float) (random.nextGaussian() * Math.exp(random.nextGaussian() * 8));
    }
    Map<String, float[]> values = new HashMap<>();
    FoldedBatchNorm.put(values, MobileNetV1.builder().build().stem(), kernel, new float[] {3});

    double scale =
        values.get("stem.gamma")[0]
            / Math.sqrt(values.get("stem.variance")[0] + FoldedBatchNorm.EPSILON);

    assertThat((float) scale).isEqualTo(1f);
    for (float v : kernel) {
      assertThat((float) (v * scale) == v).isTrue();
    }
    assertThat(values.get("stem.beta")[0] - values.get("stem.mean")[0] * scale).isEqualTo(3);
  }
}

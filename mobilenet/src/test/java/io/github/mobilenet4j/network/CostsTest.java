package io.github.mobilenet4j.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Costs by kind against the paper's Table 2, and activation memory. */
class CostsTest {
  @Test
  void rowsAddUpToTheNetwork() {
    for (MobileNetV1.Body body : MobileNetV1.Body.values()) {
      MobileNetV1 network = MobileNetV1.builder().body(body).build();
      var rows = Costs.byKind(network);
      assertThat(rows.stream().mapToLong(Costs::macs).sum()).isEqualTo(network.macs());
      assertThat(rows.stream().mapToLong(Costs::trainableParameters).sum())
          .isEqualTo(network.trainableParameters());
      assertThat(rows.stream().mapToDouble(Costs::macShare).sum()).isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void activationMemoryPeaksAtTheFirstPointwiseLayer() {
    MobileNetV1 network = MobileNetV1.builder().build();
    assertThat(network.peakActivationBytes()).isEqualTo(4 * 112 * 112 * (32 + 64));
  }
}

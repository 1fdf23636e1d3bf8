package io.github.mobilenet4j.explanation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Padding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class ReceptiveFieldTest {
  /** Where PyTorch's gradient of the unit is not zero. */
  @ParameterizedTest
  @CsvFileSource(resources = "/golden/receptive-fields.csv", useHeadersInDisplayName = true)
  void isWhereTheGradientIsNotZero(
      Padding padding,
      int height,
      int width,
      int stemStride,
      String layer,
      int row,
      int column,
      String top,
      String bottom,
      String left,
      String right) {
    MobileNetV1 network =
        MobileNetV1.builder().input(height, width).stemStride(stemStride).padding(padding).build();
    ReceptiveField field = ReceptiveField.of(network, layer(network, layer), row, column);
    assertThat("%s,%s".formatted(field.rows().first(), field.rows().last()))
        .isEqualTo(top + "," + bottom);
    assertThat("%s,%s".formatted(field.columns().first(), field.columns().last()))
        .isEqualTo(left + "," + right);
  }

  /**
   * Araujo et al., Computing Receptive Fields of Convolutional Neural Networks (distill.pub, 2019),
   * have 315 and 32 for the last feature maps of MobileNet V1.
   */
  @Test
  void isAsPublished() {
    MobileNetV1 network = MobileNetV1.builder().build();
    ReceptiveField field = ReceptiveField.of(network, layer(network, "block13.pointwise"), 3, 3);
    assertThat(field.rows().size()).isEqualTo(315);
    assertThat(field.rows().stride()).isEqualTo(32);
  }

  @Test
  void movesByTheStride() {
    MobileNetV1 network = MobileNetV1.builder().input(161, 97).padding(Padding.SYMMETRIC).build();
    for (Layer layer : network.layers()) {
      ReceptiveField.Span origin = ReceptiveField.of(network, layer, 0, 0).rows();
      for (int row = 0; row < layer.out().height(); row++) {
        ReceptiveField.Span span = ReceptiveField.of(network, layer, row, 0).rows();
        assertThat(span.start()).isEqualTo(origin.start() + row * origin.stride());
        assertThat(span.size()).isEqualTo(origin.size());
        assertThat(span.first()).isEqualTo(Math.max(0, span.start()));
        assertThat(span.last()).isEqualTo(Math.min(160, span.start() + span.size() - 1));
      }
    }
  }

  @Test
  void refusesWhatIsNotThere() {
    MobileNetV1 network = MobileNetV1.builder().build();
    Layer stem = network.stem();
    assertThatThrownBy(() -> ReceptiveField.of(network, stem, 112, 0))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("row 112, column 0")
        .hasMessageContaining("112×112×32");
    MobileNetV1 other = MobileNetV1.builder().resolution(192).build();
    assertThatThrownBy(() -> ReceptiveField.of(other, stem, 0, 0))
        .isInstanceOf(MobileNetException.class)
        .hasMessageContaining("none of the network");
  }

  private static Layer layer(MobileNetV1 network, String name) {
    return network.layers().stream().filter(l -> l.name().equals(name)).findFirst().orElseThrow();
  }
}

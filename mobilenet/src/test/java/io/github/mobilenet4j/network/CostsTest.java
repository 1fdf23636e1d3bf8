package io.github.mobilenet4j.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.mobilenet4j.network.MobileNetV1.Backbone;
import io.github.mobilenet4j.network.MobileNetV1.Builder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the network costs, against PyTorch's count and against every published figure. */
class CostsTest {
  @Test
  void theNetworkOfThePaper() {
    MobileNetV1 network = MobileNetV1.builder().build();
    assertThat(network.macs()).isEqualTo(568_740_352);
    assertThat(network.trainableParameters()).isEqualTo(4_231_976);
    assertThat(network.totalParameters()).isEqualTo(4_253_864);
    assertThat(weighted(network)).hasSize(28);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/costs.csv", useHeadersInDisplayName = true)
  void pyTorchCountsTheSame(
      double alpha,
      WidthRounding rounding,
      int height,
      int width,
      int classes,
      Backbone backbone,
      int weightedLayers,
      long macs,
      long trainable,
      long total) {
    MobileNetV1 network = network(alpha, rounding, height, width, classes, backbone);
    assertThat(weighted(network)).hasSize(weightedLayers);
    assertThat(network.macs()).isEqualTo(macs);
    assertThat(network.trainableParameters()).isEqualTo(trainable);
    assertThat(network.totalParameters()).isEqualTo(total);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/layers.csv", useHeadersInDisplayName = true)
  void pyTorchHasTheSameLayers(
      double alpha,
      WidthRounding rounding,
      int height,
      int width,
      int classes,
      Backbone backbone,
      String name,
      int stride,
      int outHeight,
      int outWidth,
      int outChannels,
      long macs) {
    Layer layer = layer(network(alpha, rounding, height, width, classes, backbone), name);
    assertThat(layer.out()).isEqualTo(new Shape(outHeight, outWidth, outChannels));
    assertThat(layer.macs()).isEqualTo(macs);
    if (layer instanceof Layer.Convolution convolution) {
      assertThat(convolution.stride()).isEqualTo(stride);
    }
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/slim-layers.csv", useHeadersInDisplayName = true)
  void slimPrintsTheSameLayers(
      double alpha, int resolution, String name, long parameters, long macs) {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(alpha).resolution(resolution).build();
    List<Layer> layers =
        network.layers().stream()
            .filter(layer -> layer instanceof Layer.Convolution)
            .filter(layer -> name.equals("Total") || name.equals(slimName(layer)))
            .toList();
    assertThat(layers.stream().mapToLong(Layer::kernelValues).sum()).isEqualTo(parameters);
    assertThat(layers.stream().mapToLong(Layer::macs).sum()).isEqualTo(macs);
  }

  private static String slimName(Layer layer) {
    return layer.name().replace("block", "Conv2d_").replace('.', '_').replace("stem", "Conv2d_0");
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/slim-page.csv", useHeadersInDisplayName = true)
  void slimsPage(
      double alpha, int resolution, int millionMacs, double millions, boolean reproducible) {
    MobileNetV1 network =
        MobileNetV1.builder().widthMultiplier(alpha).resolution(resolution).classes(1001).build();
    boolean agrees = Math.abs(network.macs() / 1e6 - millionMacs) < 1;
    assertThat(agrees).isEqualTo(reproducible);
    assertThat(network.trainableParameters() / 1e6).isCloseTo(millions, within(0.01));
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/paper-table-2.csv", useHeadersInDisplayName = true)
  void sharesOfThePapersTable2(String kind, double macsPercent, double parametersPercent) {
    Costs costs =
        Costs.byKind(MobileNetV1.builder().build()).stream()
            .filter(row -> row.kind().equals(kind))
            .findFirst()
            .orElseThrow();
    assertThat(100 * costs.macShare()).isCloseTo(macsPercent, within(0.005));
    assertThat(100 * costs.kernelShare()).isCloseTo(parametersPercent, within(0.005));
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/paper-table-3.csv", useHeadersInDisplayName = true)
  void oneLayerOfThePapersTable3(
      String kind, int channels, int side, double millionMacs, double millions) {
    MobileNetV1.Block block = block(new Shape(side, side, channels), channels);
    List<Layer> layers =
        kind.equals("standard")
            ? List.of(block.standard())
            : List.of(block.depthwise(), block.pointwise());
    assertThat(layers.stream().mapToLong(Layer::macs).sum() / 1e6)
        .isCloseTo(millionMacs, within(millionMacs > 100 ? 0.5 : 0.05));
    assertThat(layers.stream().mapToLong(Layer::kernelValues).sum() / 1e6)
        .isCloseTo(millions, within(0.005));
  }

  @ParameterizedTest
  @CsvFileSource(resources = "/golden/paper-tables-4-to-7.csv", useHeadersInDisplayName = true)
  void thePapersTables4To7(
      int table,
      double alpha,
      int resolution,
      Backbone backbone,
      int millionMacs,
      double millions) {
    MobileNetV1 network =
        MobileNetV1.builder()
            .widthMultiplier(alpha)
            .resolution(resolution)
            .backbone(backbone)
            .build();
    long macs = network.macs() - (backbone == Backbone.STANDARD ? network.classifier().macs() : 0);
    assertThat(macs / 1e6).isCloseTo(millionMacs, within(0.75));
    assertThat(network.trainableParameters() / 1e6).isCloseTo(millions, within(0.05));
  }

  /** The introduction's example: from 3 channels to 16. */
  @Test
  void fourHundredThirtyTwoAgainstSeventyFive() {
    MobileNetV1.Block block = block(new Shape(32, 32, 3), 16);
    assertThat(block.standard().kernelValues()).isEqualTo(432);
    assertThat(block.depthwise().kernelValues()).isEqualTo(27);
    assertThat(block.pointwise().kernelValues()).isEqualTo(48);
  }

  @ParameterizedTest
  @EnumSource
  void kindsAddUpToTheNetwork(Backbone backbone) {
    MobileNetV1 network = MobileNetV1.builder().backbone(backbone).build();
    List<Costs> rows = Costs.byKind(network);
    assertThat(rows.stream().mapToInt(Costs::layers).sum()).isEqualTo(weighted(network).size());
    assertThat(rows.stream().mapToLong(Costs::macs).sum()).isEqualTo(network.macs());
    assertThat(rows.stream().mapToLong(Costs::trainableParameters).sum())
        .isEqualTo(network.trainableParameters());
    assertThat(rows.stream().mapToDouble(Costs::macShare).sum()).isCloseTo(1, within(1e-12));
    assertThat(rows.stream().mapToDouble(Costs::kernelShare).sum()).isCloseTo(1, within(1e-12));
  }

  @Test
  void activationMemoryPeaksAtTheFirstPointwiseLayer() {
    MobileNetV1 network = MobileNetV1.builder().build();
    assertThat(network.peakActivationBytes()).isEqualTo(4 * 112 * 112 * (32 + 64));
    assertThat(network.peakActivationBytes())
        .isEqualTo(layer(network, "block1.pointwise").activationBytes());
  }

  private static MobileNetV1 network(
      double alpha, WidthRounding rounding, int height, int width, int classes, Backbone backbone) {
    Builder builder = MobileNetV1.builder().widthMultiplier(alpha).rounding(rounding);
    return builder.input(height, width).classes(classes).backbone(backbone).build();
  }

  private static List<Layer> weighted(MobileNetV1 network) {
    return network.layers().stream().filter(layer -> !layer.parameters().isEmpty()).toList();
  }

  private static Layer layer(MobileNetV1 network, String name) {
    return network.layers().stream()
        .filter(layer -> layer.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static MobileNetV1.Block block(Shape in, int channels) {
    Shape out = new Shape(in.height(), in.width(), channels);
    return new MobileNetV1.Block(
        new Layer.Depthwise("depthwise", 1, 1, in, in),
        new Layer.Pointwise("pointwise", 1, in, out));
  }
}

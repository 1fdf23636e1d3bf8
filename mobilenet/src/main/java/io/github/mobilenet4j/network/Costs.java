package io.github.mobilenet4j.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What all layers of one kind cost together: a row of the paper's Table 2.
 *
 * @param kind {@link Layer#kind}
 * @param layers how many there are
 * @param macs their multiply-adds for one picture
 * @param kernelValues their parameters without BatchNorm and biases, which is what Table 2 counts
 * @param trainableParameters their parameters with BatchNorm γ and β and biases
 * @param macShare {@code macs} as a part of the network's, in [0, 1]
 * @param kernelShare {@code kernelValues} as a part of the network's, in [0, 1]
 */
public record Costs(
    String kind,
    int layers,
    long macs,
    long kernelValues,
    long trainableParameters,
    double macShare,
    double kernelShare) {

  /** Returns a row for each kind of layer that has parameters, in the order of the network. */
  public static List<Costs> byKind(MobileNetV1 network) {
    Map<String, List<Layer>> kinds =
        network.layers().stream()
            .filter(layer -> layer.kernelValues() > 0)
            .collect(Collectors.groupingBy(Layer::kind, LinkedHashMap::new, Collectors.toList()));
    double macs = network.macs();
    double kernelValues = network.layers().stream().mapToLong(Layer::kernelValues).sum();
    return kinds.entrySet().stream()
        .map(kind -> of(kind.getKey(), kind.getValue(), macs, kernelValues))
        .toList();
  }

  private static Costs of(String kind, List<Layer> layers, double allMacs, double allKernelValues) {
    long macs = layers.stream().mapToLong(Layer::macs).sum();
    long kernelValues = layers.stream().mapToLong(Layer::kernelValues).sum();
    return new Costs(
        kind,
        layers.size(),
        macs,
        kernelValues,
        layers.stream().mapToLong(Layer::trainableParameters).sum(),
        macs / allMacs,
        kernelValues / allKernelValues);
  }
}

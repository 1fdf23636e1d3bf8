package io.github.mobilenet4j.explanation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the layers of a network make of one image, the same bits that an inference computes: after
 * BatchNorm and activation, of the classifier the logits. Of a quantised network, the numbers that
 * its integers stand for.
 *
 * <pre>{@code
 * FeatureMaps maps = FeatureMaps.of(session, x);
 * Layer layer = maps.layer("block5.depthwise");
 * float[] edges = maps.map(layer, 17); // rows × columns
 * }</pre>
 */
public final class FeatureMaps {
  private final MobileNetV1 network;
  private final List<Layer> layers;
  private final float[] x;
  private final Map<Layer, float[]> outputs;

  private FeatureMaps(MobileNetV1 network, float[] x, Map<Layer, float[]> outputs) {
    this.network = network;
    this.layers = network.layers();
    this.x = x;
    this.outputs = outputs;
  }

  /**
   * Computes the outputs of all layers.
   *
   * @param x {@code [H, W, C]}, preprocessed; kept, not copied
   * @throws MobileNetException as {@link Session#run(float[], int, Map)}, or if there is no memory
   *     for them
   */
  public static FeatureMaps of(Session session, float[] x) {
    return compute(session, x, session.plan().network().layers());
  }

  /**
   * Computes the outputs of some layers.
   *
   * @param x {@code [H, W, C]}, preprocessed; kept, not copied
   * @param names of {@link Layer#name()}, such as {@code block3.pointwise}
   * @throws MobileNetException if the network has no layer of a name, as {@link
   *     Session#run(float[], int, Map)}, or if there is no memory for them
   */
  public static FeatureMaps of(Session session, float[] x, Collection<String> names) {
    List<Layer> layers = session.plan().network().layers();
    return compute(session, x, names.stream().map(name -> named(layers, name)).toList());
  }

  private static FeatureMaps compute(Session session, float[] x, List<Layer> layers) {
    Map<Layer, float[]> outputs = new LinkedHashMap<>();
    try {
      for (Layer layer : layers) {
        outputs.put(layer, new float[Math.toIntExact(layer.out().size())]);
      }
    } catch (OutOfMemoryError e) {
      throw new MobileNetException("no memory for the feature maps: " + e.getMessage(), e);
    }
    session.run(x, 1, outputs);
    return new FeatureMaps(session.plan().network(), x, outputs);
  }

  private static Layer named(List<Layer> layers, String name) {
    return layers.stream()
        .filter(layer -> layer.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new MobileNetException(
                "the network has no layer %s, its layers are %s"
                    .formatted(
                        MobileNetException.abridged(name),
                        layers.stream().map(Layer::name).toList())));
  }

  /** Returns the network. */
  public MobileNetV1 network() {
    return network;
  }

  /**
   * Returns a layer by its name.
   *
   * @throws MobileNetException if the network has none of that name
   */
  public Layer layer(String name) {
    return named(layers, name);
  }

  /**
   * Returns the output of a layer, {@code [height, width, channels]}; not a copy.
   *
   * @throws MobileNetException if it was not computed
   */
  public float[] output(Layer layer) {
    float[] output = outputs.get(layer);
    if (output == null) {
      throw new MobileNetException(
          "the output of layer %s was not computed, those of %s were"
              .formatted(layer.name(), outputs.keySet().stream().map(Layer::name).toList()));
    }
    return output;
  }

  /**
   * Returns what goes into a layer: the output of the one before, or the image, {@code [height,
   * width, channels]}; not a copy.
   *
   * @throws MobileNetException if it was not computed
   */
  public float[] input(Layer layer) {
    int index = layers.indexOf(layer);
    if (index < 0) {
      throw new MobileNetException("layer " + layer.name() + " is one of another network");
    }
    return index == 0 ? x : output(layers.get(index - 1));
  }

  /**
   * Returns one channel of a layer's output, {@code [height, width]}.
   *
   * @throws MobileNetException if it was not computed, or there is no such channel
   */
  public float[] map(Layer layer, int channel) {
    float[] output = output(layer);
    float[] map = new float[Math.toIntExact(layer.out().area())];
    int at = new Unit(layer, 0, 0, channel).index();
    for (int i = 0; i < map.length; i++, at += layer.out().channels()) {
      map[i] = output[at];
    }
    return map;
  }

  /**
   * Returns one value.
   *
   * @throws MobileNetException if the layer's output was not computed
   */
  public float value(Unit unit) {
    return output(unit.layer())[unit.index()];
  }
}

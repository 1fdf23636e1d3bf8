package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.explanation.ClassActivationMap;
import io.github.mobilenet4j.explanation.FeatureMaps;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.inference.Predictions;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import java.util.List;

/**
 * A model that answers the pages. Sessions that are no longer needed are closed when nobody has
 * them any more.
 */
final class Engine {
  private final Model model;
  private final Classifier classifier;
  private final List<String> lastLayers;
  private final Session session;

  /**
   * What a model says of an image, and where it looked.
   *
   * @param map of the most probable class
   */
  record Look(Predictions predictions, ClassActivationMap map) {}

  Engine(Model model) {
    this.model = model;
    classifier = Classifier.of(model, 1);
    session = new Session(classifier.plan(), 1, Runtime.getRuntime().availableProcessors());
    List<Layer> layers = model.network().layers();
    int pool = layers.indexOf(model.network().pool());
    lastLayers = layers.subList(pool - 1, layers.size()).stream().map(Layer::name).toList();
  }

  Model model() {
    return model;
  }

  /** Returns the pooled features of an image. */
  float[] features(RgbImage image) {
    return classifier.embedding(image);
  }

  /** Returns the probabilities of the classes. */
  float[] probabilities(RgbImage image) {
    return classifier.probabilities(image);
  }

  /** Returns the image as the network sees it. */
  RgbImage fitted(RgbImage image) {
    MobileNetV1 network = model.network();
    return model.preprocessing().fit(image, network.height(), network.width());
  }

  /** Returns a smaller square of it, cut out as the network's is. */
  RgbImage fitted(RgbImage image, int side) {
    return model.preprocessing().fit(image, side, side);
  }

  /** Says what an image shows, and where that is. */
  Look look(RgbImage image, int top) {
    MobileNetV1 network = model.network();
    network.requireClassifier();
    float[] x = new float[Math.toIntExact(network.input().size())];
    model.preprocessing().apply(image, network.height(), network.width(), x, 0);
    FeatureMaps maps = FeatureMaps.of(session, x, lastLayers);
    Predictions predictions =
        Predictions.of(model, maps.output(network.classifier()), Math.min(top, network.classes()));
    return new Look(
        predictions, ClassActivationMap.of(maps, model.weights(), predictions.getFirst().index()));
  }
}

package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.data.Batch;
import io.github.mobilenet4j.data.KeptFeatures;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;
import java.util.Map;
import java.util.stream.Collectors;

/** The pooled features of images by a network whose classifier alone is trained. */
public final class Backbone implements KeptFeatures.Backbone, AutoCloseable {
  private final Session session;

  /**
   * @param network with or without a head
   * @param weights of the network
   * @param batch the most images of a call, ≥ 1
   * @param threads that compute, ≥ 1
   */
  public Backbone(MobileNetV1 network, Weights.Trained weights, int batch, int threads) {
    MobileNetV1 backbone = network.toBuilder().head(MobileNetV1.Head.NONE).build();
    Map<String, float[]> values =
        backbone.parameters().stream().collect(Collectors.toMap(Parameter::name, weights::get));
    session = Session.of(backbone, new Weights.Trained(values), batch, threads);
  }

  @Override
  public void run(Batch images, float[] features) {
    session.run(images.x(), images.n(), features);
  }

  @Override
  public void close() {
    session.close();
  }
}

package io.github.mobilenet4j.spring;

import io.github.mobilenet4j.BusyException;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Classifier;
import io.github.mobilenet4j.network.MobileNetV1;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** Healthy is a classifier that computes something of a black image, or is busy with others. */
final class ClassifierHealth extends AbstractHealthIndicator {
  private final Classifier classifier;
  private final RgbImage black = new RgbImage(1, 1, new byte[3]);

  ClassifierHealth(Classifier classifier) {
    super("the classifier gives no result");
    this.classifier = classifier;
  }

  @Override
  protected void doHealthCheck(Health.Builder builder) {
    MobileNetV1 network = classifier.model().network();
    builder
        .up()
        .withDetail("widthMultiplier", network.widthMultiplier())
        .withDetail("input", network.height() + "×" + network.width())
        .withDetail("classes", network.classes());
    try {
      classifier.embedding(black);
    } catch (BusyException e) {
      builder.withDetail("busy", e.getMessage());
    }
  }
}

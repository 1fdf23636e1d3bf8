package io.github.mobilenet4j.spring;

import io.github.mobilenet4j.BusyException;
import io.github.mobilenet4j.ImageException;
import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Classifier;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * The timer {@code mobilenet4j.calls}: how many calls there were and how long they took, waiting
 * and decoding included, with the tag {@code outcome}: {@code success}, {@code image} (one that
 * cannot be read), {@code busy}, {@code error}.
 */
final class ClassifierMetrics implements ClassifierCustomizer {
  private static final String NAME = "mobilenet4j.calls";

  private final MeterRegistry registry;

  ClassifierMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void customize(Classifier.Builder builder) {
    builder.listener(call ->
        Timer.builder(NAME)
            .description("Calls of the classifier, from the call to its end")
            .tag("outcome", call.failure().map(ClassifierMetrics::outcome).orElse("success"))
            .register(registry)
            .record(call.time()));
  }

  private static String outcome(MobileNetException failure) {
    return switch (failure) {
      case ImageException _ -> "image";
      case BusyException _ -> "busy";
      default -> "error";
    };
  }
}

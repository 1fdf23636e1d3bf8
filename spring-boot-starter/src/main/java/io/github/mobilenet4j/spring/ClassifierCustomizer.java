package io.github.mobilenet4j.spring;

import io.github.mobilenet4j.inference.Classifier;

/** A bean of this type changes the classifier before it is built, after the properties have. */
@FunctionalInterface
public interface ClassifierCustomizer {
  /** Changes what the classifier is made of. */
  void customize(Classifier.Builder builder);
}

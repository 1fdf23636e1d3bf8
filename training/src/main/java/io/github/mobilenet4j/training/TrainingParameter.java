package io.github.mobilenet4j.training;

import io.github.mobilenet4j.network.Layer.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * A parameter while it is trained. The arrays are those that a {@link TrainingGraph} works with: it
 * reads the values at the start of each step, so that an optimizer changes them in place.
 *
 * @param definition the layer it belongs to, its role and its shape
 * @param values in the layout of the definition
 * @param gradient of the loss by the values, written by each step; null for running statistics,
 *     which have none
 */
@SuppressWarnings("ArrayRecordComponent")
public record TrainingParameter(Parameter definition, float[] values, float @Nullable [] gradient) {
  /** Returns the canonical name, such as {@code block3.depthwise.kernel}. */
  public String name() {
    return definition.name();
  }
}

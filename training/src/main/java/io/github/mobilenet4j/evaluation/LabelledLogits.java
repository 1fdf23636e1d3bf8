package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.network.ClassifierActivation;

/**
 * What a model computed for images whose classes are known.
 *
 * @param logits {@code [n, classes]}, as {@link ClassifierActivation#ofClasses} returns them; not
 *     copied
 * @param labels the class of each, {@code [n]}; not copied
 * @param classes how many there are
 * @param activation what makes probabilities of the logits
 */
@SuppressWarnings("ArrayRecordComponent")
public record LabelledLogits(
    float[] logits, int[] labels, int classes, ClassifierActivation activation) {}

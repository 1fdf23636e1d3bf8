/**
 * Why the network says what it says of an image: the {@linkplain
 * io.github.mobilenet4j.explanation.FeatureMaps feature maps} of its layers, {@linkplain
 * io.github.mobilenet4j.explanation.WeightedSum the sum} behind any one value, {@linkplain
 * io.github.mobilenet4j.explanation.ReceptiveField what part of the image} it depends on, and
 * {@linkplain io.github.mobilenet4j.explanation.ClassActivationMap where the image shows a class}.
 */
@NullMarked
package io.github.mobilenet4j.explanation;

import org.jspecify.annotations.NullMarked;

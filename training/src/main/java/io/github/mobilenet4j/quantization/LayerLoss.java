package io.github.mobilenet4j.quantization;

import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.weights.Quantization;

/**
 * What is lost up to a layer.
 *
 * @param layer of the network
 * @param output what the integers of its output stand for
 * @param signalToNoise of its output, in dB: {@code 10 log10(Σ f² / Σ (f − q)²)} over the images, f
 *     computed in floats, q what the integers stand for; {@link Double#POSITIVE_INFINITY} where
 *     they are the same, {@link Double#NaN} where all is 0
 */
public record LayerLoss(Layer layer, Quantization output, double signalToNoise) {}

/**
 * MobileNet V1 (Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile
 * Vision Applications", arXiv:1704.04861) for the JVM.
 *
 * <p>Letters used everywhere: {@code N} batch, {@code H,W} input rows and columns, {@code P,Q}
 * output rows and columns, {@code C} channels in, {@code K} channels out, {@code S} stride, α width
 * multiplier, ρ resolution multiplier. A MAC is one multiply-add.
 *
 * <p>Activations are NHWC {@code float[]}. Kernels: stem {@code [3,3,C,K]}, depthwise {@code
 * [3,3,C]}, pointwise {@code [C,K]}, classifier {@code [C,K]}.
 */
@NullMarked
package io.github.mobilenet4j;

import org.jspecify.annotations.NullMarked;

/**
 * Pictures: decoding, orientation, resizing, cropping, and the numbers that a network takes.
 *
 * <p>A network was trained on pictures that were made small in one particular way, and that way is
 * a part of what it learned. Do it differently and nothing fails: the answers are just a little
 * worse. Four things go wrong in practice, and each has its place here:
 *
 * <ul>
 *   <li><b>The scale of the numbers.</b> {@code [−1, 1]}, {@code [0, 1]} or ImageNet's mean and
 *       deviation: with the wrong one the network is nearly blind. {@link Preprocessing} comes with
 *       the weights, never from a default.
 *   <li><b>Resizing.</b> Pillow widens its filter when it shrinks, so that every pixel counts;
 *       TensorFlow 1 and Java2D look at two pixels a direction and skip the rest, which makes edges
 *       jagged. {@link Resampling} has Pillow's to the last bit, and TensorFlow's.
 *   <li><b>What is cut off.</b> Shrink first and cut the middle out, which keeps the proportions;
 *       or cut first and squeeze the rest into a square; or squeeze all of it: {@link
 *       Preprocessing.Crop}. On 100 photographs one and the same model had 80 right as PyTorch
 *       resizes and crops, and 74 as TF-Slim does.
 *   <li><b>Which way is up.</b> A telephone stores a portrait lying on its side and a note to turn
 *       it. {@link ImageReader} does; the network would see a landscape.
 * </ul>
 *
 * <p>{@link RgbImage} is what all of this works on: 3 bytes a pixel, rows from the top, red first.
 *
 * <pre>{@code
 * RgbImage photo = new ImageReader().read(Path.of("photo.jpg"));
 * float[] x = new float[224 * 224 * 3];
 * Preprocessing.TENSORFLOW.apply(photo, 224, 224, x, 0);
 * }</pre>
 *
 * <p>Inside, a {@code EncodedImage} is a file whose header has been checked, one record a format.
 * JPEG, PNG, GIF and BMP are decoded by the platform, WebP by a plug-in, all through {@code
 * javax.imageio} and only as far as the stored samples: colours are made here.
 */
@NullMarked
package io.github.mobilenet4j.image;

import org.jspecify.annotations.NullMarked;

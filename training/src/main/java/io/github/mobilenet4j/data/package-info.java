/**
 * Data sets of pictures, and the batches that a network learns from.
 *
 * <p>{@link Splits} reads a folder of folders, IDX files or a CSV file: three {@link Dataset}s, to
 * learn from, to choose the best model by, and to evaluate it by. A {@link Loader} makes {@link
 * Batch}es of one: it decodes, changes each picture by chance as an {@link Augmentation} says, and
 * scales it to the network's numbers, on other threads, ahead of the training.
 *
 * <pre>{@code
 * Splits splits = Splits.read(Path.of("flowers"), Splits.Fractions.DEFAULT);
 * try (Loader loader =
 *     Loader.builder(splits.train(), Preprocessing.TENSORFLOW, 128, 128)
 *         .augmentation(Augmentation.LIGHT)
 *         .shuffle(true)
 *         .threads(2)
 *         .build()) {
 *   for (Batch batch : loader.epoch(0, 0)) {
 *     learn(batch.n(), batch.x(), batch.targets());
 *   }
 * }
 * }</pre>
 *
 * <p>Chance is a function of seed, epoch and the picture's number: the same seed gives the same
 * batches on any number of threads, and an epoch can be taken up in its middle.
 */
@NullMarked
package io.github.mobilenet4j.data;

import org.jspecify.annotations.NullMarked;

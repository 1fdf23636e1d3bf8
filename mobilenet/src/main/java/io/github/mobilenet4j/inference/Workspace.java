package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.kernels.Buffer;

/**
 * The memory of a {@link ForwardPass} beside its activations. Operators take turns in it.
 *
 * @param batch what all images have in common
 * @param scratch of each thread
 * @param shared by all threads
 * @param threads how many share the tasks
 */
@SuppressWarnings("ArrayRecordComponent")
record Workspace(Batch batch, Buffer[] scratch, Buffer shared, int threads) {}

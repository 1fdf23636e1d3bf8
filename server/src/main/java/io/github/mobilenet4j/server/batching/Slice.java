package io.github.mobilenet4j.server.batching;

/**
 * Images of a job that are in one batch.
 *
 * @param x the values of all images of the job, one after the other; not modified
 * @param result receives what is computed, likewise
 * @param from the first image of the slice
 * @param count how many
 */
@SuppressWarnings("ArrayRecordComponent")
public record Slice(float[] x, float[] result, int from, int count) {}

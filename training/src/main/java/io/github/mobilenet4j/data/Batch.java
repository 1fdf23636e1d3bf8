package io.github.mobilenet4j.data;

/**
 * Pictures as the network takes them.
 *
 * @param number which batch of the epoch it is, from 0
 * @param n how many pictures, ≥ 1
 * @param x {@code [n, height, width, 3]}; the array may be longer. It is used again: it holds these
 *     pictures only until the next batch is asked for
 * @param targets {@code [n, classes]} probabilities, each row's sum 1: label smoothing, mixup and
 *     cutmix are in them
 * @param labels {@code [n]} the class of each picture, before mixup and cutmix
 * @param indices {@code [n]} the number of each picture in the data set
 */
@SuppressWarnings("ArrayRecordComponent")
public record Batch(int number, int n, float[] x, float[] targets, int[] labels, int[] indices) {}

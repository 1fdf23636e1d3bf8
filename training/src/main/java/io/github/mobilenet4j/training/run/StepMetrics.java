package io.github.mobilenet4j.training.run;

/**
 * How an epoch goes.
 *
 * @param epoch from 1
 * @param epochs how many there will be
 * @param batch steps made in this epoch
 * @param batches how many there are
 * @param loss mean of the epoch so far
 * @param top1 share of the epoch's images classified correctly so far
 * @param learningRate of the classifier in this step
 * @param imagesPerSecond over this epoch
 */
public record StepMetrics(
    int epoch,
    int epochs,
    int batch,
    int batches,
    double loss,
    double top1,
    double learningRate,
    double imagesPerSecond) {}

package io.github.mobilenet4j.spark;

import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;

/**
 * The parameters of the stages, with their accessors; each {@link Param} says what it is for. What
 * the columns hold is that of Spark ML: vectors are {@code ml.linalg.Vector}, classes are indices
 * as doubles, with their labels in the column's metadata, so that evaluators, {@code IndexToString}
 * and pipelines take them as they are.
 *
 * @param <T> the stage
 */
public interface MobileNetParams<T extends MobileNetParams<T>> extends Params {
  /** Returns the parameters of this stage. */
  ImageParams imageParams();

  private <V> T with(Param<V> param, V value) {
    set(param, value);
    @SuppressWarnings("unchecked")
    T stage = (T) this;
    return stage;
  }

  /** The column of the images. */
  default Param<String> inputCol() {
    return imageParams().inputCol;
  }

  /** Returns the column of the images. */
  default String getInputCol() {
    return getOrDefault(inputCol());
  }

  /** Sets the column of the images; the default is content. */
  default T setInputCol(String value) {
    return with(inputCol(), value);
  }

  /** The column of the index of the most probable class. */
  default Param<String> predictionCol() {
    return imageParams().outputs.get(OutputColumn.PREDICTION);
  }

  /** Returns the column of the index of the most probable class; empty for none. */
  default String getPredictionCol() {
    return getOrDefault(predictionCol());
  }

  /**
   * Sets the column of the index of the most probable class, empty for none; the default is
   * prediction.
   */
  default T setPredictionCol(String value) {
    return with(predictionCol(), value);
  }

  /** The column of the probabilities. */
  default Param<String> probabilityCol() {
    return imageParams().outputs.get(OutputColumn.PROBABILITY);
  }

  /** Returns the column of the probabilities; empty for none. */
  default String getProbabilityCol() {
    return getOrDefault(probabilityCol());
  }

  /** Sets the column of the probabilities, empty for none; the default is probability. */
  default T setProbabilityCol(String value) {
    return with(probabilityCol(), value);
  }

  /** The column of the logits. */
  default Param<String> rawPredictionCol() {
    return imageParams().outputs.get(OutputColumn.RAW_PREDICTION);
  }

  /** Returns the column of the logits; empty for none. */
  default String getRawPredictionCol() {
    return getOrDefault(rawPredictionCol());
  }

  /** Sets the column of the logits, empty for none; the default is rawPrediction. */
  default T setRawPredictionCol(String value) {
    return with(rawPredictionCol(), value);
  }

  /** The column of the embedding. */
  default Param<String> featuresCol() {
    return imageParams().outputs.get(OutputColumn.FEATURES);
  }

  /** Returns the column of the embedding; empty for none. */
  default String getFeaturesCol() {
    return getOrDefault(featuresCol());
  }

  /** Sets the column of the embedding, empty for none; the default is features. */
  default T setFeaturesCol(String value) {
    return with(featuresCol(), value);
  }

  /** The column of the label of the most probable class. */
  default Param<String> predictedLabelCol() {
    return imageParams().outputs.get(OutputColumn.PREDICTED_LABEL);
  }

  /** Returns the column of the label of the most probable class; empty for none. */
  default String getPredictedLabelCol() {
    return getOrDefault(predictedLabelCol());
  }

  /**
   * Sets the column of the label of the most probable class, empty for none; the default is
   * predictedLabel.
   */
  default T setPredictedLabelCol(String value) {
    return with(predictedLabelCol(), value);
  }

  /** The column of the topK most probable classes. */
  default Param<String> topKCol() {
    return imageParams().outputs.get(OutputColumn.TOP_K);
  }

  /** Returns the column of the topK most probable classes; empty for none. */
  default String getTopKCol() {
    return getOrDefault(topKCol());
  }

  /** Sets the column of the topK most probable classes, empty for none; the default is none. */
  default T setTopKCol(String value) {
    return with(topKCol(), value);
  }

  /** The column of whether an image seems to show none of the classes. */
  default Param<String> unknownCol() {
    return imageParams().outputs.get(OutputColumn.UNKNOWN);
  }

  /** Returns the column of whether an image seems to show none of the classes; empty for none. */
  default String getUnknownCol() {
    return getOrDefault(unknownCol());
  }

  /**
   * Sets the column of whether an image seems to show none of the classes, empty for none; the
   * default is none.
   */
  default T setUnknownCol(String value) {
    return with(unknownCol(), value);
  }

  /** The column of why an image could not be read. */
  default Param<String> errorCol() {
    return imageParams().outputs.get(OutputColumn.ERROR);
  }

  /** Returns the column of why an image could not be read; empty for none. */
  default String getErrorCol() {
    return getOrDefault(errorCol());
  }

  /** Sets the column of why an image could not be read, empty for none; the default is error. */
  default T setErrorCol(String value) {
    return with(errorCol(), value);
  }

  /** What is done with an image that cannot be read: keep, skip or error. */
  default Param<String> handleInvalid() {
    return imageParams().handleInvalid;
  }

  /** Returns what is done with an image that cannot be read: keep, skip or error. */
  default String getHandleInvalid() {
    return getOrDefault(handleInvalid());
  }

  /**
   * Sets what is done with an image that cannot be read: keep, skip or error; the default is keep.
   */
  default T setHandleInvalid(String value) {
    return with(handleInvalid(), value);
  }

  /**
   * What the network computes in: float32, bfloat16, int8, or empty for what its weights are made
   * for.
   */
  default Param<String> precision() {
    return imageParams().precision;
  }

  /**
   * Returns what the network computes in: float32, bfloat16, int8, or empty for what its weights
   * are made for.
   */
  default String getPrecision() {
    return getOrDefault(precision());
  }

  /**
   * Sets what the network computes in: float32, bfloat16, int8, or empty for what its weights are
   * made for; the default is empty.
   */
  default T setPrecision(String value) {
    return with(precision(), value);
  }

  /** How many classes topKCol lists, ≥ 1. */
  default IntParam topK() {
    return imageParams().topK;
  }

  /** Returns how many classes topKCol lists. */
  default int getTopK() {
    return (int) getOrDefault(topK());
  }

  /** Sets how many classes topKCol lists, ≥ 1; the default is 5. */
  default T setTopK(int value) {
    return with(topK(), value);
  }

  /** How many images a task runs at once, ≥ 1. */
  default IntParam batchSize() {
    return imageParams().batchSize;
  }

  /** Returns how many images a task runs at once. */
  default int getBatchSize() {
    return (int) getOrDefault(batchSize());
  }

  /** Sets how many images a task runs at once, ≥ 1; the default is 16. */
  default T setBatchSize(int value) {
    return with(batchSize(), value);
  }
}

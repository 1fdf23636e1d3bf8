package io.github.mobilenet4j.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;

/**
 * What tasks report, seen in Spark's page of each stage. As with all accumulators, a task that is
 * run again counts again.
 */
record TaskMetrics(
    LongAccumulator images,
    LongAccumulator unreadable,
    LongAccumulator bytes,
    DoubleAccumulator decodeSeconds,
    DoubleAccumulator inferenceSeconds)
    implements Serializable {
  static TaskMetrics of(SparkContext context) {
    return new TaskMetrics(
        context.longAccumulator("mobilenet4j images"),
        context.longAccumulator("mobilenet4j unreadable images"),
        context.longAccumulator("mobilenet4j image bytes"),
        context.doubleAccumulator("mobilenet4j decode seconds"),
        context.doubleAccumulator("mobilenet4j inference seconds"));
  }
}

package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.inference.Classifier;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Adds columns to the rows of a partition.
 *
 * @param model what runs
 * @param input where rows have their images
 * @param outputs the columns to add, in their order
 * @param settings how
 * @param metrics what is reported
 */
record ClassifyPartition(
    SharedModel model,
    InputImage.Column input,
    List<OutputColumn> outputs,
    Settings settings,
    TaskMetrics metrics)
    implements MapPartitionsFunction<Row, Row> {
  private static final long serialVersionUID = 1;

  /**
   * @param batch images that run at once, ≥ 1
   * @param topK classes that a row lists, ≥ 1
   * @param invalid what is done with an image that cannot be read
   */
  record Settings(int batch, int topK, ImageParams.Invalid invalid)
      implements java.io.Serializable {}

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    Classifier classifier = model.classifier();
    TaskContext task = TaskContext.get();
    ClassifiedRows classified = new ClassifiedRows(this, classifier, rows, task.cpus());
    task.addTaskCompletionListener((TaskCompletionListener) _ -> classified.close());
    return classified.begin();
  }
}

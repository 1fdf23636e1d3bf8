package io.github.mobilenet4j.evaluation;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.ClassifierActivation;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Model;
import java.util.Arrays;

/**
 * A model whose logits another one, the student, learns: computed of the very images that the
 * student gets, as they are varied and mixed for it. They are brought to the teacher's size and
 * numbers; of the teacher's classes those are taken that the student has.
 *
 * <p>Once made, a call allocates nothing. The logits do not depend on the number of threads. Not
 * safe for use by many threads.
 */
public final class Teacher implements AutoCloseable {
  private final MobileNetV1 network;
  private final int[] columns;
  private final TeacherInput input;
  private final Session session;
  private final float[] outputs;
  private final float[] logits;

  /**
   * Pairs the classes: by WordNet numbers where both have them, else by name as {@link Evaluator}
   * does, but never by their order.
   *
   * @param teacher any model with a classifier whose probabilities sum to 1
   * @param student the network, its preprocessing and its labels
   * @param batch the most images of a call, ≥ 1
   * @param threads that compute, ≥ 1
   * @throws MobileNetException if the teacher has no such classifier, lacks a class of the
   *     student's, or a number is out of its range
   */
  public Teacher(Model teacher, Model student, int batch, int threads) {
    network = teacher.network();
    try {
      network.requireClassifier();
      if (network.head().activation() == ClassifierActivation.SIGMOID) {
        throw new MobileNetException(
            "its classes do not exclude each other (sigmoid), expected a softmax");
      }
      columns = ClassPairs.ofTeacher(student, teacher).index();
    } catch (MobileNetException e) {
      throw e.in("the teacher");
    }
    input = TeacherInput.of(student, teacher, batch);
    outputs = new float[Math.multiplyExact(batch, network.outputs())];
    logits = new float[Math.multiplyExact(batch, columns.length)];
    session = Session.of(network, teacher.weights(), batch, threads);
  }

  /**
   * Returns the teacher's logits of the student's classes, in the student's order.
   *
   * @param x {@code [n, H, W, C]} as the student takes it; not modified
   * @param n images, 1 to the most of a call
   * @return {@code [n, classes]}; the array may be longer, and the next call writes it again
   * @throws MobileNetException if n is out of range, x is too short, this is closed, or the logits
   *     are not finite
   */
  public float[] logits(float[] x, int n) {
    session.run(input.of(x, n), n, outputs);
    boolean binary = network.head().activation() == ClassifierActivation.BINARY;
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < columns.length; k++) {
        // Of two classes with one logit z the logits are 0 and z.
        logits[i * columns.length + k] =
            !binary
                ? outputs[i * network.outputs() + columns[k]]
                : columns[k] == 0 ? 0 : outputs[i];
      }
    }
    return logits;
  }

  /** Returns which of the teacher's classes each of the student's is. */
  public int[] columns() {
    return Arrays.copyOf(columns, columns.length);
  }

  @Override
  public void close() {
    session.close();
  }
}

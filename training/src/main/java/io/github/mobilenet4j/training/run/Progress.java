package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.RecordJson;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * How far a training has come.
 *
 * @param epoch the epoch under way, from 0; as many as there are epochs at the end
 * @param epochs how many there will be: a time budget and early stopping lower it
 * @param batch the next batch of the epoch, from 0
 * @param step steps made since the beginning
 * @param seconds time since the beginning, pauses left out
 * @param sums over the epoch under way
 * @param best the best epoch
 */
record Progress(int epoch, int epochs, int batch, long step, double seconds, Sums sums, Best best) {
  /**
   * What an epoch has come to so far.
   *
   * @param images seen
   * @param correct of them, how many were classified correctly before their step
   * @param lossSum sum of their losses
   * @param epochSeconds time of the steps
   */
  record Sums(int images, int correct, double lossSum, double epochSeconds) {
    private static final Sums NONE = new Sums(0, 0, 0, 0);
  }

  /**
   * The epoch of the best model.
   *
   * @param bestEpoch from 0; −1 if there is none
   * @param bestTop1 its share of validation images classified correctly
   * @param bestLoss its validation loss
   */
  record Best(int bestEpoch, double bestTop1, double bestLoss) {
    private static final Best NONE = new Best(-1, 0, 0);
  }

  /**
   * Checks every value, since it may come from a file.
   *
   * @throws MobileNetException if one is out of its range
   */
  Progress {
    if (epoch < 0
        || epochs < 1
        || epoch > epochs
        || batch < 0
        || step < 0
        || sums.images < 0
        || sums.correct < 0
        || best.bestEpoch < -1
        || !DoubleStream.of(sums.lossSum, sums.epochSeconds, seconds, best.bestTop1, best.bestLoss)
            .allMatch(Double::isFinite)) {
      throw new MobileNetException("a number of the progress is out of its range");
    }
  }

  static Progress begin(int epochs) {
    return new Progress(0, epochs, 0, 0, 0, Sums.NONE, Best.NONE);
  }

  /** Returns all numbers in one object. */
  Map<String, Object> toJson() {
    Map<String, Object> json = RecordJson.of(this);
    json.keySet().removeIf(name -> json.get(name) instanceof Map);
    json.putAll(RecordJson.of(sums));
    json.putAll(RecordJson.of(best));
    return json;
  }

  /**
   * Returns the progress in an object of JSON.
   *
   * @throws MobileNetException if a number is missing, unknown, of another type or out of its range
   */
  static Progress fromJson(String name, Object json) {
    Map<Object, Object> rest = new LinkedHashMap<>();
    if (json instanceof Map<?, ?> all) {
      rest.putAll(all);
    }
    rest.put("sums", taken(rest, Sums.class));
    rest.put("best", taken(rest, Best.class));
    return RecordJson.read(name, Progress.class, rest);
  }

  private static Map<Object, Object> taken(Map<Object, Object> from, Class<?> type) {
    Map<Object, Object> taken = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      if (from.containsKey(component.getName())) {
        taken.put(component.getName(), from.remove(component.getName()));
      }
    }
    return taken;
  }

  boolean finished() {
    return epoch >= epochs;
  }

  /** Returns the mean loss of the epoch so far. */
  double loss() {
    return sums.lossSum / sums.images;
  }

  /** Returns the share of the epoch's images that were classified correctly. */
  double top1() {
    return (double) sums.correct / sums.images;
  }

  /** Returns how many images of the epoch a second has had. */
  double imagesPerSecond() {
    return sums.images / sums.epochSeconds;
  }

  Progress afterStep(int nextBatch, int n, int correct, double loss, double taken) {
    Sums more =
        new Sums(
            sums.images + n,
            sums.correct + correct,
            sums.lossSum + n * loss,
            sums.epochSeconds + taken);
    return new Progress(epoch, epochs, nextBatch, step + 1, seconds + taken, more, best);
  }

  /** Returns the beginning of the next epoch. */
  Progress afterEpoch(int newEpochs, double taken) {
    return new Progress(epoch + 1, newEpochs, 0, step, seconds + taken, Sums.NONE, best);
  }

  Progress withBest(double top1, double loss) {
    return new Progress(epoch, epochs, batch, step, seconds, sums, new Best(epoch, top1, loss));
  }

  Progress withoutBest() {
    return new Progress(epoch, epochs, batch, step, seconds, sums, Best.NONE);
  }

  /**
   * Returns whether a validation is better than the best: more correct, or as many with less loss.
   */
  boolean improvesOn(double top1, double loss) {
    return best.bestEpoch < 0
        || top1 > best.bestTop1
        || top1 == best.bestTop1 && loss < best.bestLoss;
  }
}

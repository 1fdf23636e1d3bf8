package io.github.mobilenet4j.training.run;

/**
 * Ends a training before its last epoch: when validation does not improve any more, or when the
 * time is over.
 *
 * @param epochs how many there are at most
 * @param patience epochs without a better validation; 0 for any number
 * @param minutes the time budget; 0 for none
 */
record EarlyStopping(int epochs, int patience, double minutes) {
  static EarlyStopping of(TrainingOptions options) {
    return new EarlyStopping(options.epochs(), options.patience(), options.minutes());
  }

  /** Returns whether the epoch under way, which has been validated, was one too many. */
  boolean outOfPatience(Progress progress, Stage stage) {
    return patience > 0
        && stage.last()
        && progress.epoch() - Math.max(progress.best().bestEpoch(), stage.begin()) >= patience;
  }

  /** Returns whether the time is over within an epoch. */
  boolean outOfTime(Progress progress) {
    return minutes > 0 && progress.seconds() >= 60 * minutes;
  }

  /**
   * Returns how many epochs fit into the time.
   *
   * @param progress at the end of an epoch's steps
   * @param validation seconds that its validation took
   */
  int epochsInTime(Progress progress, double validation) {
    if (minutes == 0) {
      return progress.epochs();
    }
    double left = 60 * minutes - progress.seconds() - validation;
    int fit = (int) Math.max(left / (progress.sums().epochSeconds() + validation), 0);
    return Math.min(progress.epoch() + 1 + fit, epochs);
  }
}

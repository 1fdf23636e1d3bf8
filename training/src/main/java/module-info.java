/**
 * Trains and evaluates the network. Begin with {@link io.github.mobilenet4j.training.run.Trainer}
 * and {@link io.github.mobilenet4j.evaluation.Evaluator}.
 */
module io.github.mobilenet4j.training {
  requires transitive io.github.mobilenet4j;
  requires java.desktop;
  requires static org.jspecify;

  exports io.github.mobilenet4j.data;
  exports io.github.mobilenet4j.evaluation;
  exports io.github.mobilenet4j.quantization;
  exports io.github.mobilenet4j.report;
  exports io.github.mobilenet4j.training;
  exports io.github.mobilenet4j.training.run;

  // Whose records, some of the package alone, are written as JSON.
  opens io.github.mobilenet4j.report to
      io.github.mobilenet4j;
  opens io.github.mobilenet4j.training.run to
      io.github.mobilenet4j;
}

/** The model that {@link io.github.mobilenet4j.weights.ModelFile#bundled} returns. */
module io.github.mobilenet4j.model {
  requires io.github.mobilenet4j;

  provides io.github.mobilenet4j.weights.BundledModel with
      io.github.mobilenet4j.model.PhotographModel;
}

/** TensorFlow's frozen graphs and SavedModels. */
package io.github.mobilenet4j.formats.tensorflow;

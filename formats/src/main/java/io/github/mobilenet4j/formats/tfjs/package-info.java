/** TensorFlow.js: the layers of a Keras model as JSON, and its weights in files beside it. */
package io.github.mobilenet4j.formats.tfjs;

/** TensorFlow Lite graphs in flatbuffers, and the labels behind them. */
package io.github.mobilenet4j.formats.tflite;

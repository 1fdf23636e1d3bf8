/** ONNX graphs in protocol buffers. */
package io.github.mobilenet4j.formats.onnx;

package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.formats.onnx.OnnxWriter;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import io.github.mobilenet4j.weights.Weights;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * ONNX (opset 17): input {@value #INPUT} {@code [N, C, H, W]}, preprocessed; output {@value
 * #OUTPUT} {@code [N, classes]}, one if they are binary, without a classifier {@value #FEATURES}
 * {@code [N, features]}; N is free. The metadata is that of {@link ModelFile}: labels,
 * preprocessing and all that a graph does not say.
 *
 * <p>{@link Weights.Quantized} are written as their integers, with QuantizeLinear and
 * DequantizeLinear around each layer (QDQ), of which ONNX Runtime makes layers that compute in
 * integers. Its arithmetic is another than TensorFlow Lite's ({@link
 * io.github.mobilenet4j.weights.QuantizedLayer.Rounding}): {@code docs/quantization.md}.
 *
 * @param batchNorm folded into the convolutions, or kept
 * @param kernels the type of quantised kernels: {@link DataType#U8}, which ONNX Runtime multiplies
 *     exactly on any processor, or {@link DataType#I8}, which is faster, and exact on processors
 *     with VNNI or the like
 */
public record OnnxExport(BatchNormStyle batchNorm, DataType kernels) implements Export {
  /**
   * Checks the type.
   *
   * @throws MobileNetException if it is another
   */
  public OnnxExport {
    if (kernels != DataType.U8 && kernels != DataType.I8) {
      throw new MobileNetException("quantised kernels are U8 or I8, not " + kernels);
    }
  }

  /** An export whose quantised kernels are {@link DataType#U8}. */
  public OnnxExport(BatchNormStyle batchNorm) {
    this(batchNorm, DataType.U8);
  }

  /** The name of the graph's input. */
  public static final String INPUT = OnnxWriter.INPUT;

  /** The name of the graph's output. */
  public static final String OUTPUT = OnnxWriter.OUTPUT;

  @Override
  public void write(Path path, Model model) {
    AtomicFile.write(path, ByteBuffer.wrap(bytes(model)));
  }

  /** The name of the graph's output where there is no classifier. */
  public static final String FEATURES = OnnxWriter.FEATURES;

  /** Returns the file's bytes. */
  public byte[] bytes(Model model) {
    return OnnxWriter.bytes(model, batchNorm == BatchNormStyle.FOLDED, kernels);
  }
}

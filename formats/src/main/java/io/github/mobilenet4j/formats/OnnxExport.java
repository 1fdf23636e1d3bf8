package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.files.AtomicFile;
import io.github.mobilenet4j.formats.onnx.OnnxWriter;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * ONNX (opset 17): input {@value #INPUT} {@code [N, C, H, W]}, preprocessed; output {@value
 * #OUTPUT} {@code [N, classes]}, one if they are binary, without a classifier {@value #FEATURES}
 * {@code [N, features]}; N is free. The metadata is that of {@link ModelFile}: labels,
 * preprocessing and all that a graph does not say.
 *
 * @param batchNorm folded into the convolutions, or kept
 */
public record OnnxExport(BatchNormStyle batchNorm) implements Export {
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
    return OnnxWriter.bytes(model, batchNorm == BatchNormStyle.FOLDED);
  }
}

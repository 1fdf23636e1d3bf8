package io.github.mobilenet4j.bench;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.TfliteExport;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Quantization;
import io.github.mobilenet4j.weights.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.BuiltinOpResolverWithXNNPACK;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;

/**
 * TensorFlow Lite with XNNPACK, for integers also of uint8. Integers go in as they are, quantised
 * beforehand.
 */
final class TensorFlowLiteEngine implements Engine {
  private static final int OK = 0;

  private final Job job;
  private final FlatBufferModel model;
  private final Interpreter interpreter;

  TensorFlowLiteEngine(Job job) {
    this.job = job;
    try {
      Path file = Files.createTempFile("mobilenet4j-bench", ".tflite");
      try {
        new TfliteExport().write(file, job.model());
        // Reads the file whole: what is mapped could not be deleted everywhere.
        byte[] bytes = Files.readAllBytes(file);
        model = FlatBufferModel.VerifyAndBuildFromBuffer(new BytePointer(bytes), bytes.length);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    interpreter = new Interpreter((Pointer) null);
    InterpreterBuilder builder =
        new InterpreterBuilder(model, new BuiltinOpResolverWithXNNPACK(true));
    require(builder.SetNumThreads(job.threads()));
    require(builder.apply(interpreter));
    int[] shape = {
      job.batch(), job.network().height(), job.network().width(), job.network().channels()
    };
    require(interpreter.ResizeInputTensorStrict(interpreter.inputs().get(0), shape));
    require(interpreter.AllocateTensors());
    switch (job.model().weights()) {
      case Weights.Quantized integers -> {
        DataType type = integers.ends().inputType();
        byte[] x = new byte[job.x().length];
        for (int i = 0; i < x.length; i++) {
          x[i] = (byte) integers.input().quantized(job.x()[i], type);
        }
        new BytePointer(interpreter.input_tensor(0).data().data()).put(x);
      }
      default -> interpreter.typed_input_tensor_float(0).put(job.x());
    }
  }

  private static void require(int status) {
    if (status != OK) {
      throw new MobileNetException("tensorflowlite: cannot run this network");
    }
  }

  @Override
  public void run() {
    require(interpreter.Invoke());
  }

  @Override
  public float[] logits() {
    float[] logits = new float[job.batch() * job.network().classes()];
    Pointer y = interpreter.output_tensor(0).data().data();
    switch (job.model().weights()) {
      case Weights.Quantized integers -> {
        byte[] bytes = new byte[logits.length];
        new BytePointer(y).get(bytes);
        Quantization output = integers.after(job.network().layers().getLast());
        boolean signed = integers.ends().outputType() == DataType.I8;
        for (int i = 0; i < bytes.length; i++) {
          logits[i] = output.real(signed ? bytes[i] : bytes[i] & 0xff);
        }
      }
      default -> new FloatPointer(y).get(logits);
    }
    return logits;
  }

  @Override
  public void close() {
    interpreter.close();
    model.close();
  }
}

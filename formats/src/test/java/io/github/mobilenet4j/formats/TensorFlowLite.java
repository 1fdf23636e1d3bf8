package io.github.mobilenet4j.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorflowlite.BuiltinOpResolver;
import org.bytedeco.tensorflowlite.FlatBufferModel;
import org.bytedeco.tensorflowlite.Interpreter;
import org.bytedeco.tensorflowlite.InterpreterBuilder;

/** Runs a file in TensorFlow Lite. */
final class TensorFlowLite {
  private static final int OK = 0;

  private TensorFlowLite() {}

  /**
   * Returns the graph's output.
   *
   * @param x {@code shape}, which may have another batch than the file
   */
  static float[] run(Path path, float[] x, int[] shape, int outputs) {
    assumeTrue(
        Loader.getPlatform().equals("linux-x86_64"),
        "skipped: the judge TensorFlow Lite is there for linux-x86_64 only");
    FlatBufferModel model = FlatBufferModel.VerifyAndBuildFromFile(path.toString());
    assertThat(model).as("TensorFlow Lite verifies %s", path).isNotNull();
    Interpreter interpreter = new Interpreter((Pointer) null);
    assertThat(new InterpreterBuilder(model, new BuiltinOpResolver()).apply(interpreter))
        .isEqualTo(OK);
    int input = interpreter.inputs().get(0);
    assertThat(interpreter.ResizeInputTensorStrict(input, shape)).isEqualTo(OK);
    assertThat(interpreter.AllocateTensors()).isEqualTo(OK);
    interpreter.typed_input_tensor_float(0).put(x);
    assertThat(interpreter.Invoke()).isEqualTo(OK);
    float[] y = new float[outputs];
    interpreter.typed_output_tensor_float(0).get(y);
    return y;
  }
}

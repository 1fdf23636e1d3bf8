package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.inference.InferencePlan;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs the network on a tensor, to compare its logits with another framework's. */
@Command(
    name = "logits",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Run the network on a tensor, to compare with other frameworks.",
    description = {
      "",
      "Reads the tensor x, float32 [N, 3, H, W], already preprocessed, and writes the tensor "
          + "logits, float32 [N, classes]. H and W may differ from the model's resolution.",
      ""
    },
    footer = {
      "",
      "Example, with PyTorch on the other side:",
      "  python -c 'import torch; from safetensors.torch import save_file",
      "  save_file({\"x\": torch.randn(8, 3, 224, 224)}, \"in.safetensors\")'",
      "  mobilenet4j logits --model FILE --input in.safetensors \\",
      "      --output out.safetensors"
    })
final class LogitsCommand implements Callable<Integer> {
  private static final int MAX_BATCH = 16;
  private static final int CHANNELS = 3;

  @Mixin private ModelOption model;
  @Mixin private ThreadsOption threads;

  @Option(
      names = "--input",
      paramLabel = "IN.safetensors",
      required = true,
      description = "The file that holds x.")
  private Path input;

  @Option(
      names = "--output",
      paramLabel = "OUT.safetensors",
      required = true,
      description = "The file to write logits to; an older one is replaced.")
  private Path output;

  @Override
  public Integer call() {
    Tensor x = x();
    int n = x.shape().get(0);
    Model read = model.read();
    MobileNetV1 network =
        read.network().toBuilder().input(x.shape().get(2), x.shape().get(3)).build();
    float[] logits = logits(InferencePlan.compile(network, read.weights()), x);
    Tensor result = Tensor.of(DataType.F32, List.of(n, network.classes()), logits);
    Safetensors.write(output, Map.of(), Map.of("logits", result));
    return 0;
  }

  private Tensor x() {
    Map<String, Tensor> tensors = Safetensors.read(input).tensors();
    Tensor x = tensors.get("x");
    if (x == null) {
      throw new MobileNetException(input + ": there is no tensor x, but " + tensors.keySet());
    }
    boolean valid =
        x.type() == DataType.F32
            && x.shape().size() == 4
            && x.shape().get(0) >= 1
            && x.shape().get(1) == CHANNELS;
    if (!valid) {
      throw new MobileNetException(
          "%s: tensor x is %s %s, expected F32 [N, 3, H, W]".formatted(input, x.type(), x.shape()));
    }
    return x;
  }

  private float[] logits(InferencePlan plan, Tensor x) {
    int n = x.shape().get(0);
    int batch = Math.min(n, MAX_BATCH);
    int classes = plan.network().classes();
    int area = Math.toIntExact(plan.network().input().area());
    FloatBuffer nchw = x.data().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] all = new float[Math.multiplyExact(n, classes)];
    float[] nhwc = new float[batch * area * CHANNELS];
    float[] some = new float[batch * classes];
    try (Session session = new Session(plan, batch, threads.count())) {
      for (int from = 0; from < n; from += batch) {
        int count = Math.min(batch, n - from);
        for (int i = 0; i < count; i++) {
          interleave(nchw, (from + i) * area * CHANNELS, area, nhwc, i * area * CHANNELS);
        }
        session.run(nhwc, count, some);
        System.arraycopy(some, 0, all, from * classes, count * classes);
      }
    }
    return all;
  }

  /** Copies one picture from planes of channels to channels side by side. */
  private static void interleave(FloatBuffer planes, int from, int area, float[] to, int offset) {
    for (int c = 0; c < CHANNELS; c++) {
      for (int i = 0; i < area; i++) {
        to[offset + i * CHANNELS + c] = planes.get(from + c * area + i);
      }
    }
  }
}

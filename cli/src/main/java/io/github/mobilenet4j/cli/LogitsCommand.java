package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.image.RgbImage;
import io.github.mobilenet4j.inference.Session;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Finite;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Npy;
import io.github.mobilenet4j.weights.Safetensors;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.ByteBuffer;
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
      "Reads the tensor x [N, C, H, W]: float32, already preprocessed; or uint8, pixels from 0 to "
          + "255, to which the model's mean and std are applied. Writes the tensor logits, float32 "
          + "[N, classes], of a model with one sigmoid [N, 1]. H and W may differ from the model's "
          + "resolution. Each file is safetensors or NumPy's .npy; what is written is told by the "
          + "name.",
      ""
    },
    footer = {
      "",
      "Example, with PyTorch on the other side:",
      "  python -c 'import torch; from safetensors.torch import save_file",
      "  save_file({\"x\": torch.randn(8, 3, 224, 224)}, \"in.safetensors\")'",
      "  mobilenet4j logits --model FILE --input in.safetensors \\",
      "      --output out.safetensors",
      "",
      "With NumPy:",
      "  python -c 'import numpy; numpy.save(\"in.npy\", x.astype(\"float32\"))'",
      "  mobilenet4j logits --model FILE --input in.npy --output out.npy"
    })
final class LogitsCommand implements Callable<Integer> {
  private static final int MAX_BATCH = 16;
  private static final String NPY = ".npy";

  @Mixin private ModelOption model;
  @Mixin private ThreadsOption threads;
  @Mixin private PrecisionOption precision;

  @Option(
      names = "--input",
      paramLabel = "IN",
      required = true,
      description = "The file that holds x.")
  private Path input;

  @Option(
      names = "--output",
      paramLabel = "OUT",
      required = true,
      description = "The file to write to, .safetensors or .npy; an older one is replaced.")
  private Path output;

  @Option(
      names = "--embeddings",
      description =
          "Write the pooled features before the classifier, the tensor embeddings [N, features]; "
              + "of a model without a classifier there is nothing else.")
  private boolean embeddings;

  @Option(
      names = "--raw",
      description =
          "Of a quantised model: x is [N, H, W, C] of the file's own input type, and the tensor y"
              + " [N, classes] of its own output type, to the byte as TensorFlow Lite's reference"
              + " kernels give it.")
  private boolean raw;

  @Override
  public Integer call() {
    Model read = model.read();
    if (raw) {
      write("y", new RawLogits(read, input, threads.count()).run(read()));
      return 0;
    }
    if (!embeddings && !read.network().hasClassifier()) {
      throw new MobileNetException(
          "%s has no classifier; --embeddings writes its pooled features".formatted(model));
    }
    Tensor x = x(read.network().channels());
    Model sized = read.withInput(x.shape().get(2), x.shape().get(3));
    int columns = embeddings ? sized.network().features() : sized.network().outputs();
    Tensor result =
        Tensor.of(DataType.F32, List.of(x.shape().getFirst(), columns), run(sized, x, columns));
    write(embeddings ? "embeddings" : "logits", result);
    return 0;
  }

  private void write(String name, Tensor result) {
    if (output.toString().endsWith(NPY)) {
      Npy.write(output, result);
    } else {
      Safetensors.write(output, Map.of(), Map.of(name, result));
    }
  }

  private Tensor x(int channels) {
    Tensor x = read();
    boolean valid =
        (x.type().isFloat() || x.type() == DataType.U8)
            && x.shape().size() == 4
            && x.shape().get(0) >= 1
            && x.shape().get(1) == channels;
    if (!valid) {
      throw new MobileNetException(
          "%s: tensor x is %s %s, expected F32 or U8 [N, %s, H, W]"
              .formatted(input, x.type(), x.shape(), channels));
    }
    return x;
  }

  private Tensor read() {
    if (Npy.isNpy(input)) {
      return Npy.read(input);
    }
    Map<String, Tensor> tensors = Safetensors.read(input).tensors();
    Tensor x = tensors.get("x");
    if (x == null) {
      throw new MobileNetException(input + ": there is no tensor x, but " + tensors.keySet());
    }
    return x;
  }

  private float[] run(Model sized, Tensor x, int columns) {
    MobileNetV1 network = sized.network();
    int n = x.shape().getFirst();
    int batch = Math.min(n, MAX_BATCH);
    int size = Math.toIntExact(network.input().size());
    ToNhwc source = x.type() == DataType.U8 ? pixels(sized, x.data()) : values(network, floats(x));
    float[] all = new float[Math.multiplyExact(n, columns)];
    float[] nhwc = new float[Math.multiplyExact(batch, size)];
    float[] outputs = new float[Math.multiplyExact(batch, network.outputs())];
    float[] features = new float[Math.multiplyExact(batch, network.features())];
    try (Session session =
        Session.of(network, sized.weights(), precision.of(sized), batch, threads.count())) {
      for (int from = 0; from < n; from += batch) {
        int count = Math.min(batch, n - from);
        for (int i = 0; i < count; i++) {
          source.copy((from + i) * size, nhwc, i * size);
        }
        session.run(nhwc, count, outputs);
        if (embeddings) {
          session.features(count, features);
        }
        System.arraycopy(embeddings ? features : outputs, 0, all, from * columns, count * columns);
      }
    }
    return all;
  }

  private float[] floats(Tensor x) {
    float[] values = x.floats();
    Finite.require(input + ": tensor x", values);
    return values;
  }

  /** Where images come from as planes of channels. */
  private interface ToNhwc {
    /** Copies an image to channels side by side. */
    void copy(int from, float[] to, int offset);
  }

  private static ToNhwc values(MobileNetV1 network, float[] planes) {
    int channels = network.channels();
    int area = Math.toIntExact(network.input().area());
    return (from, to, offset) -> {
      for (int c = 0; c < channels; c++) {
        for (int i = 0; i < area; i++) {
          to[offset + i * channels + c] = planes[from + c * area + i];
        }
      }
    };
  }

  private static ToNhwc pixels(Model model, ByteBuffer planes) {
    MobileNetV1 network = model.network();
    int area = Math.toIntExact(network.input().area());
    byte[] rgb = new byte[Math.multiplyExact(3, area)];
    int plane = network.channels() == 1 ? 0 : area;
    return (from, to, offset) -> {
      for (int c = 0; c < 3; c++) {
        for (int i = 0; i < area; i++) {
          rgb[3 * i + c] = planes.get(from + c * plane + i);
        }
      }
      model.preprocessing().scale(new RgbImage(network.height(), network.width(), rgb), to, offset);
    };
  }
}

package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.huggingface.HubConfig;
import io.github.mobilenet4j.formats.torch.TorchWriter;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Tensor;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A PyTorch state dictionary that {@code torch.load(path, weights_only=True)} opens: what {@code
 * torch.save} writes since version 1.6, and beside it what {@link HubConfig} writes.
 *
 * @param dialect whose names
 * @param dtype of the kernels: {@link DataType#F32}, {@link DataType#F16} or {@link DataType#BF16};
 *     all else stays F32
 */
public record TorchExport(Dialect dialect, DataType dtype) implements Export {
  /** The names that PyTorch's networks have, those that say less about the network first. */
  private static final List<Dialect> DIALECTS =
      List.of(Dialect.TUTORIAL, Dialect.TIMM, Dialect.HUGGING_FACE);

  /**
   * Checks the dialect.
   *
   * @throws MobileNetException if no network of PyTorch has its names
   */
  public TorchExport {
    if (!DIALECTS.contains(dialect)) {
      throw new MobileNetException(
          "a PyTorch file has the names of one of %s, not of %s".formatted(DIALECTS, dialect));
    }
  }

  /**
   * Returns the names for a model: those it came in, or else the first of tutorial, timm and
   * Hugging Face whose network does what this one does.
   */
  public static Dialect dialect(Model model) {
    return DIALECTS.stream()
        .filter(dialect -> dialect.holds(model.network()))
        .min(
            Comparator.comparing(d -> d.toString().equals(model.metadata().get("dialect")) ? 0 : 1))
        .orElse(Dialect.HUGGING_FACE);
  }

  @Override
  public void write(Path path, Model model) {
    Map<String, Tensor> tensors = dialect.tensors(model, dtype);
    HubConfig.with(path, dialect, model, () -> TorchWriter.write(path, tensors));
  }
}

package io.github.mobilenet4j.weights;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.Layer.Parameter;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The tensors of a PyTorch network of whatever names, told by the order in which they were
 * registered and by their shapes. Kernels follow each other as the layers do, and so do the
 * BatchNorms, each as long as its kernel has channels; one that does not fit, or one too many, and
 * nothing is told.
 */
final class TensorOrder {
  /** What stands in names of what computes no logits. */
  private static final Set<String> STRANGE =
      Set.of(
          "criterion",
          "loss",
          "losses",
          "metric",
          "metrics",
          "acc",
          "accuracy",
          "auroc",
          "auc",
          "f1",
          "f1score",
          "precision",
          "recall",
          "confmat",
          "kappa",
          "averaged",
          "teacher",
          "optimizer",
          "scheduler",
          "scaler");

  /** Sources whose network has the same shapes, and computes something else. */
  private static final Map<Pattern, String> OTHERS =
      Map.of(
          Pattern.compile("(.*\\.)?layers\\.0\\.conv1\\.weight"),
          "kuangliu/pytorch-cifar, whose stem has stride 1",
          Pattern.compile("(.*\\.)?stem\\.0\\.conv\\.weight"),
          "weiaicunzai/pytorch-cifar100, whose stem has stride 1",
          Pattern.compile("(.*\\.)?stage1\\.0\\.0\\.weight"),
          "biubug6/Pytorch_Retinaface, whose activation is LeakyReLU");

  private static final int MOST_NAMED = 8;

  /** What the tensors of one module are called in it. */
  private static final Map<String, Role> NORM =
      Map.of(
          "weight",
          Role.GAMMA,
          "bias",
          Role.BETA,
          "running_mean",
          Role.MEAN,
          "running_var",
          Role.VARIANCE);

  private static final MobileNetV1 FULL = MobileNetV1.builder().build();

  private final Map<Parameter, Tensor> tensors;
  private final List<String> strangers;

  private TensorOrder(Map<Parameter, Tensor> tensors, List<String> strangers) {
    this.tensors = tensors;
    this.strangers = strangers;
  }

  /** Returns whether a tensor cannot belong to the network, by what it is called. */
  static boolean isStranger(String name) {
    for (String word : name.toLowerCase(Locale.ROOT).split("[^a-z0-9]+")) {
      if (STRANGE.contains(word)) {
        return true;
      }
    }
    return false;
  }

  /** Returns names for people, if there are any. */
  static Optional<String> list(List<String> names) {
    if (names.isEmpty()) {
      return Optional.empty();
    }
    String first =
        String.join(
            ", ", names.stream().limit(MOST_NAMED).map(MobileNetException::abridged).toList());
    int more = names.size() - MOST_NAMED;
    return Optional.of(more > 0 ? first + " and " + more + " more" : first);
  }

  /**
   * Returns which tensor is which parameter, if that is without doubt.
   *
   * @param source where they come from, for messages
   * @param all in their order
   * @throws MobileNetException if the names are of a source whose network computes something else
   */
  static Optional<TensorOrder> of(String source, Map<String, Tensor> all) {
    Map<String, Map<String, Tensor>> modules = new LinkedHashMap<>();
    List<String> strangers = new ArrayList<>();
    all.forEach((name, tensor) -> {
      if (isStranger(name)) {
        strangers.add(name);
      } else if (!name.endsWith(".num_batches_tracked")) {
        int dot = Math.max(name.lastIndexOf('.'), 0);
        modules
            .computeIfAbsent(name.substring(0, dot), _ -> new LinkedHashMap<>())
            .put(name.substring(dot == 0 ? 0 : dot + 1), tensor);
      }
    });
    List<Map<String, Tensor>> kernels = new ArrayList<>();
    List<Map<String, Tensor>> norms = new ArrayList<>();
    for (Map<String, Tensor> module : modules.values()) {
      Tensor weight = module.get("weight");
      if (weight == null) {
        return Optional.empty();
      }
      (weight.shape().size() > 1 ? kernels : norms).add(module);
    }
    Map<Parameter, Tensor> told = new LinkedHashMap<>();
    if (!tell(kernels, norms, told)) {
      return Optional.empty();
    }
    for (String name : all.keySet()) {
      OTHERS.forEach((pattern, other) -> {
        if (pattern.matcher(name).matches()) {
          throw new MobileNetException(
              "%s: %s is a name of %s: another network of the same shapes"
                  .formatted(source, MobileNetException.abridged(name), other));
        }
      });
    }
    return Optional.of(new TensorOrder(told, strangers));
  }

  private static boolean tell(
      List<Map<String, Tensor>> kernels,
      List<Map<String, Tensor>> norms,
      Map<Parameter, Tensor> to) {
    List<Layer> layers =
        FULL.layers().stream().filter(layer -> !layer.parameters().isEmpty()).toList();
    boolean folded = norms.isEmpty();
    if (kernels.size() != layers.size() || !folded && norms.size() != layers.size() - 1) {
      return false;
    }
    int channels = FULL.input().channels();
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      Map<String, Tensor> module = kernels.get(i);
      List<Integer> shape = module.get("weight").shape();
      int out = shape.getFirst();
      boolean depthwise = layer instanceof Layer.Depthwise;
      boolean classifier = layer instanceof Layer.Classifier;
      int side = depthwise || layer instanceof Layer.Standard ? 3 : 1;
      boolean fits =
          shape.equals(List.of(out, depthwise ? 1 : channels, side, side))
              || classifier && shape.equals(List.of(out, channels));
      if (!fits || depthwise && out != channels) {
        return false;
      }
      channels = out;
      Parameter bias = layer.foldedParameters().getLast();
      Map<String, Parameter> own = new HashMap<>();
      own.put("weight", layer.parameters().getFirst());
      if (classifier || folded || module.containsKey("bias")) {
        own.put("bias", bias);
      }
      Map<String, Parameter> norm = new HashMap<>();
      if (!folded && !classifier) {
        layer.parameters().stream()
            .filter(p -> p.role() != Role.KERNEL)
            .forEach(p ->
                NORM.entrySet().stream()
                    .filter(part -> part.getValue() == p.role())
                    .forEach(part -> norm.put(part.getKey(), p)));
      }
      if (!take(own, module, out, to) || !norm.isEmpty() && !take(norm, norms.get(i), out, to)) {
        return false;
      }
    }
    return true;
  }

  /** Takes the tensors of a module, which must be these, the vectors of so many values. */
  private static boolean take(
      Map<String, Parameter> expected,
      Map<String, Tensor> module,
      int channels,
      Map<Parameter, Tensor> to) {
    if (!module.keySet().equals(expected.keySet())) {
      return false;
    }
    for (Map.Entry<String, Parameter> part : expected.entrySet()) {
      Tensor tensor = module.get(part.getKey());
      boolean kernel = part.getValue().role() == Role.KERNEL;
      if (!kernel && !tensor.shape().equals(List.of(channels))) {
        return false;
      }
      boolean matrix = part.getValue().layer() instanceof Layer.Classifier;
      to.put(
          part.getValue(),
          kernel && matrix
              ? new Tensor(tensor.type(), tensor.shape().subList(0, 2), tensor.data())
              : tensor);
    }
    return true;
  }

  /** Returns the tensors in other names. */
  Map<String, Tensor> renamed(Function<Parameter, String> names) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    tensors.forEach((parameter, tensor) -> renamed.put(names.apply(parameter), tensor));
    return renamed;
  }

  /** Returns what cannot belong to the network, if there is anything. */
  Optional<String> leftOut() {
    return list(strangers);
  }
}

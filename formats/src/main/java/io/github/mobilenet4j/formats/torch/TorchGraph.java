package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.formats.reading.GraphTensor;
import io.github.mobilenet4j.formats.reading.LayerWalk;
import io.github.mobilenet4j.formats.reading.LayerWalk.BatchNorm;
import io.github.mobilenet4j.formats.reading.LayerWalk.Border;
import io.github.mobilenet4j.formats.torch.TorchModules.Module;
import io.github.mobilenet4j.network.Activation;
import io.github.mobilenet4j.network.Layer;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.network.Shape;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.KernelLayout;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lays the modules of a PyTorch network, in the order in which they were registered, beside the
 * layers of MobileNet V1. What a {@code forward} does besides calling them is code, which is not
 * run: an activation that is no module is not known, and the network is refused.
 */
final class TorchGraph {
  private static final String INSTEAD =
      "; in Python, torch.save(model.state_dict(), file) writes the weights alone";

  /** The format that has the code too. */
  static final String SCRIPTED = "torchscript";

  /** How often rows and columns are halved. */
  private static final int REDUCTION = 32;

  private static final int DEFAULT_SIDE = 224;

  private final StateDict.Reader tensors;
  private final LayerWalk walk;
  private final Map<String, String> metadata = new HashMap<>();

  /** The convolution or fully connected layer that has no activation yet. */
  private Module open;

  /** The same, until its BatchNorm comes. */
  private BatchNorm[] norm;

  private TorchGraph(List<Module> modules, StateDict.Reader tensors) {
    this.tensors = tensors;
    int side = DEFAULT_SIDE;
    int channels = 3;
    for (Module module : modules) {
      if (module.kind().equals("AvgPool2d") && module.pair("kernel_size").size() == 2) {
        side = Math.clamp((long) REDUCTION * module.pair("kernel_size").getFirst(), 1, 1 << 16);
      }
    }
    Tensor stem =
        modules.stream()
            .filter(module -> module.kind().equals("Conv2d"))
            .findFirst()
            .map(module -> tensor(module, "weight"))
            .orElseThrow(() -> new MobileNetException("has no module Conv2d" + INSTEAD));
    if (stem.shape().size() == 4) {
      channels = stem.shape().get(1);
    }
    walk = new LayerWalk("the network", new Shape(side, side, channels));
    modules.forEach(this::accept);
  }

  /**
   * Returns the model in modules.
   *
   * @param tensors reads their tensors
   * @param format what the file is called, for the metadata
   * @throws MobileNetException naming the first module that does not fit
   */
  static Model model(List<Module> modules, StateDict.Reader tensors, String format) {
    TorchGraph graph = new TorchGraph(modules, tensors);
    graph.close();
    if (!graph.walk.mayEnd()) {
      throw graph.walk.misfit("the last module", "is not the end");
    }
    MobileNetV1 network = graph.walk.network();
    graph.metadata.put("format", format);
    if (!format.equals(SCRIPTED)) {
      graph.metadata.put("forward", "not in the file: taken to call the modules in their order");
    }
    return LayerWalk.model(
        network, graph.walk.weights(network), Optional.empty(), Optional.empty(), graph.metadata);
  }

  private void accept(Module module) {
    switch (module.kind()) {
      case "Conv2d", "Linear" -> multiply(module);
      case "BatchNorm2d" -> normalize(module);
      case "timm.layers.norm_act.BatchNormAct2d" -> normalize(module);
      case "ReLU" -> activate(module, Activation.RELU);
      case "ReLU6" -> activate(module, Activation.RELU6);
      case "AvgPool2d", "AdaptiveAvgPool2d" -> pool(module);
      case "timm.layers.adaptive_avgmax_pool.FastAdaptiveAvgPool" -> pool(module);
      case "Softmax", "LogSoftmax" -> end(module, false);
      case "Sigmoid" -> end(module, true);
      case "Identity", "Dropout", "Dropout2d", "Flatten" -> {}
      default -> throw walk.misfit(module.title(), "is not part of a MobileNet V1" + INSTEAD);
    }
  }

  private void multiply(Module module) {
    close();
    boolean dense = module.kind().equals("Linear");
    Tensor kernel = tensor(module, "weight");
    List<Integer> shape = kernel.shape();
    int size = shape.size();
    walk.expect(size == (dense ? 2 : 4), module.title(), "has a kernel of shape %s", shape);
    Object groups = dense ? Long.valueOf(1) : module.settings().get("groups");
    boolean depthwise =
        shape.get(1) == 1 && Long.valueOf(shape.getFirst()).equals(groups) && shape.getFirst() > 1;
    walk.expect(
        depthwise || Long.valueOf(1).equals(groups), module.title(), "has %s groups", groups);
    if (dense && walk.next() instanceof Layer.GlobalAveragePool) {
      metadata.put("pooling", "assumed to be the mean: it is no module");
      walk.advance();
    }
    walk.expect(
        walk.takes(depthwise) && (walk.next() instanceof Layer.Classifier || !dense),
        module.title(),
        dense && walk.next() == null
            ? "comes behind the classifier: what is between them may be in forward, which is not"
                + " run"
                + INSTEAD
            : "cannot be this layer");
    boolean classifier = walk.next() instanceof Layer.Classifier;
    GraphTensor bias =
        module.tensors().containsKey("bias")
            ? GraphTensor.of(module.title(), tensor(module, "bias"))
            : classifier
                ? GraphTensor.of(
                    module.title(),
                    Tensor.of(DataType.F32, List.of(shape.getFirst()), new float[shape.getFirst()]))
                : null;
    BatchNorm[] own = new BatchNorm[1];
    walk.kernel(
        module.title(),
        new KernelLayout(dense ? "OI" : "OIHW"),
        shape,
        () -> new LayerWalk.Values(GraphTensor.of(module.title(), kernel), bias, own[0]));
    if (!dense) {
      Object padding = module.settings().get("padding");
      boolean same = "same".equals(padding);
      List<Integer> zeros =
          same || "valid".equals(padding) ? List.of(0, 0) : module.pair("padding");
      walk.expect(
          zeros.size() == 2
              && module.pair("stride").size() == 2
              && module.pair("dilation").size() == 2
              && "zeros".equals(module.settings().get("padding_mode")),
          module.title(),
          "does not say how it is padded");
      walk.windows(
          module.title(),
          module.pair("stride"),
          module.pair("dilation"),
          same,
          new Border(zeros.getFirst(), zeros.getFirst()),
          new Border(zeros.getLast(), zeros.getLast()));
    }
    walk.advance();
    open = module;
    norm = classifier ? null : own;
  }

  private void normalize(Module module) {
    walk.expect(
        open != null && norm != null && norm[0] == null,
        module.title(),
        "does not follow a convolution");
    walk.expect(
        module.settings().get("eps") instanceof Double epsilon && epsilon >= 0,
        module.title(),
        "does not say its epsilon");
    double epsilon = (Double) module.settings().get("eps");
    float[] mean = tensor(module, "running_mean").floats();
    float[] ones = new float[mean.length];
    Arrays.fill(ones, 1);
    boolean learned = module.tensors().containsKey("weight");
    walk.epsilon(epsilon);
    norm[0] =
        new BatchNorm(
            learned ? tensor(module, "weight").floats() : ones,
            learned ? tensor(module, "bias").floats() : new float[mean.length],
            mean,
            tensor(module, "running_var").floats(),
            epsilon);
  }

  private void activate(Module module, Activation activation) {
    walk.expect(open != null, module.title(), "does not follow a convolution");
    if (norm == null) {
      walk.expect(
          activation == Activation.RELU, module.title(), "is %s, expected ReLU", activation);
      walk.hidden(module.title());
    } else {
      walk.activation(module.title(), activation);
    }
    open = null;
  }

  private void pool(Module module) {
    close();
    walk.expect(walk.next() instanceof Layer.GlobalAveragePool, module.title(), "is a mean");
    boolean adaptive = !module.kind().equals("AvgPool2d");
    List<Integer> found = module.pair(adaptive ? "output_size" : "kernel_size");
    int side = walk.next().in().height();
    walk.expect(
        adaptive && !module.kind().equals("AdaptiveAvgPool2d")
            || found.equals(adaptive ? List.of(1, 1) : List.of(side, side)),
        module.title(),
        "has size %s, expected the mean over all",
        found);
    walk.advance();
  }

  private void end(Module module, boolean sigmoid) {
    walk.classifierActivation(module.title(), sigmoid);
  }

  /** Refuses a convolution without an activation. */
  private void close() {
    if (open != null && norm != null) {
      throw walk.misfit(
          open.title(),
          "has no activation among the modules: it may be in forward, which is not run" + INSTEAD);
    }
    walk.expect(
        open == null || walk.next() == null, open == null ? "" : open.title(), "has no activation");
    open = null;
  }

  private Tensor tensor(Module module, String name) {
    if (!module.tensors().containsKey(name)) {
      throw new MobileNetException("%s has no tensor %s".formatted(module.title(), name));
    }
    try {
      return tensors.read(module.tensors().get(name));
    } catch (MobileNetException e) {
      throw e.in(module.title());
    }
  }
}

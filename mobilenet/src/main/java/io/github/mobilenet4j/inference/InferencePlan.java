package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;
import java.util.List;
import java.util.stream.Stream;

/**
 * Weights compiled for inference: BatchNorm folded into kernels and biases, kernels packed for the
 * running machine, and the network as a list of three kinds of operators. Immutable, safe to share
 * between threads; a {@link Session} runs it.
 */
public final class InferencePlan {
  private final MobileNetV1 network;
  private final Kernels kernels;
  private final Stem stem;
  private final List<SeparableBlock> blocks;
  private final Head head;
  private final List<String> operators;

  private InferencePlan(MobileNetV1 network, Weights weights, Kernels kernels) {
    this.network = network;
    this.kernels = kernels;
    this.stem = new Stem(kernels, network, weights);
    this.blocks =
        network.blocks().stream()
            .map(block -> new SeparableBlock(kernels, network, block, weights))
            .toList();
    this.head = new Head(kernels, network, weights);
    this.operators = all().map(Operator::name).toList();
  }

  /**
   * Compiles weights for the kernels of this process, {@link KernelChoice#current()}.
   *
   * @throws MobileNetException if the body is {@link MobileNetV1.Body#STANDARD}, which is for
   *     comparing costs only, or as {@link #kernelChoice()}
   */
  public static InferencePlan compile(MobileNetV1 network, Weights weights) {
    return compile(network, weights, kernelChoice().kernels());
  }

  /**
   * Returns the kernels that networks are compiled for in this process, and why those.
   *
   * @throws MobileNetException if a system property asks for kernels that do not exist or do not
   *     run here
   */
  public static KernelChoice kernelChoice() {
    try {
      return KernelChoice.current();
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      throw new MobileNetException(e.getMessage(), e);
    }
  }

  static InferencePlan compile(MobileNetV1 network, Weights weights, Kernels kernels) {
    if (network.body() == MobileNetV1.Body.STANDARD) {
      throw new MobileNetException(
          "a body of standard convolutions is for comparing costs, it cannot be run");
    }
    return new InferencePlan(network, weights, kernels);
  }

  /** Returns the network. */
  public MobileNetV1 network() {
    return network;
  }

  /** Returns the kernels that it is compiled for. */
  public Kernels kernels() {
    return kernels;
  }

  /** Returns the names of the operators in order: stem, block1 … block13, head. */
  public List<String> operators() {
    return operators;
  }

  /** Returns the multiply-adds of each operator for one picture. */
  public List<Long> macs() {
    return all().map(Operator::macs).toList();
  }

  private Stream<Operator> all() {
    return Stream.concat(Stream.concat(Stream.of(stem), blocks.stream()), Stream.of(head));
  }

  Stem stem() {
    return stem;
  }

  List<SeparableBlock> blocks() {
    return blocks;
  }

  Head head() {
    return head;
  }
}

package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.network.MobileNetV1;
import io.github.mobilenet4j.weights.Weights;
import java.lang.ref.Cleaner;
import java.util.List;
import java.util.stream.Stream;

/**
 * Weights compiled for inference: BatchNorm folded into kernels and biases, kernels packed for the
 * running machine, and the network as a list of three kinds of operators. Immutable, safe to share
 * between threads; a {@link Session} runs it. There is nothing to close: its memory goes back when
 * neither the plan nor a session of it can be reached.
 */
public final class InferencePlan {
  /** Lets go of what nobody can reach any more. */
  static final Cleaner CLEANER = Cleaner.create();

  private final MobileNetV1 network;
  private final Kernels kernels;
  private final SharedMemory memory;
  private final Cleaner.Cleanable ownership;
  private final List<Operator> sequence;

  private InferencePlan(
      MobileNetV1 network, Weights.Folded weights, Kernels kernels, SharedMemory memory) {
    this.network = network;
    this.kernels = kernels;
    this.memory = memory;
    Stream.Builder<Operator> all = Stream.builder();
    all.add(new Stem(kernels, network, weights));
    for (MobileNetV1.Block block : network.blocks()) {
      all.add(new SeparableBlock(kernels, network, block, weights));
    }
    this.sequence = all.add(new Head(kernels, network, weights)).build().toList();
    this.ownership = CLEANER.register(this, memory::letGo);
  }

  /**
   * Compiles weights of either kind for the kernels of this process, {@link
   * KernelChoice#current()}.
   *
   * @throws MobileNetException if the weights are another network's or not finite, there is no
   *     memory for them, the backbone is {@link MobileNetV1.Backbone#STANDARD}, which is for
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
    if (network.backbone() == MobileNetV1.Backbone.STANDARD) {
      throw new MobileNetException(
          "a backbone of standard convolutions is for comparing costs, it cannot be run");
    }
    weights.requireFor(network);
    SharedMemory memory = new SharedMemory();
    boolean made = false;
    try {
      InferencePlan plan =
          new InferencePlan(network, weights.folded(network), kernels.in(memory.region()), memory);
      made = true;
      return plan;
    } catch (OutOfMemoryError e) {
      throw new MobileNetException("no memory to compile the network: " + e.getMessage(), e);
    } finally {
      if (!made) {
        memory.letGo();
      }
    }
  }

  /**
   * Makes the caller one more owner of the packed weights, until it lets go of what is returned.
   *
   * @throws MobileNetException if they are gone
   */
  SharedMemory own() {
    if (!memory.own()) {
      throw new MobileNetException(
          "the plan went with the session or the classifier that it was compiled for");
    }
    return memory;
  }

  /**
   * From now on the packed weights are there for open sessions only, and gone with the last one.
   */
  void letGo() {
    ownership.clean();
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
    return sequence.stream().map(Operator::name).toList();
  }

  /** Returns the multiply-adds of each operator for one picture. */
  public List<Long> macs() {
    return sequence.stream().map(Operator::macs).toList();
  }

  /** Returns the operators, each of which reads what the one before writes. */
  List<Operator> sequence() {
    return sequence;
  }
}

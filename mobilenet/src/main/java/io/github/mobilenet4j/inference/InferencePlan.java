package io.github.mobilenet4j.inference;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.kernels.KernelChoice;
import io.github.mobilenet4j.kernels.Kernels;
import io.github.mobilenet4j.kernels.QuantizedKernels;
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
  private final Precision precision;

  /** Null in another precision than {@link Precision#INT8}. */
  private final Weights.Quantized quantized;

  private final Kernels kernels;
  private final SharedMemory memory;
  private final Cleaner.Cleanable ownership;
  private final List<Operator> sequence;

  private InferencePlan(
      MobileNetV1 network,
      Weights weights,
      Precision precision,
      Kernels kernels,
      SharedMemory memory) {
    this.network = network;
    this.quantized = precision == Precision.INT8 ? requireQuantized(weights) : null;
    this.precision = precision;
    this.kernels = kernels;
    this.memory = memory;
    this.sequence =
        switch (precision) {
          case FLOAT32 -> floats(weights.folded(network), FloatBlock::new);
          case INT8 -> integers(quantized);
          case BFLOAT16 -> floats(weights.folded(network), Bfloat16Block::new);
        };
    this.ownership = CLEANER.register(this, memory::letGo);
  }

  /** Makes a separable block. */
  private interface BlockFactory {
    SeparableBlock make(
        Kernels kernels, MobileNetV1 network, MobileNetV1.Block block, Weights.Folded weights);
  }

  private List<Operator> floats(Weights.Folded weights, BlockFactory blocks) {
    Stream.Builder<Operator> all = Stream.builder();
    all.add(new FloatStem(kernels, network, weights));
    for (MobileNetV1.Block block : network.blocks()) {
      all.add(blocks.make(kernels, network, block, weights));
    }
    return all.add(new FloatHead(kernels, network, weights)).build().toList();
  }

  private static Weights.Quantized requireQuantized(Weights weights) {
    return switch (weights) {
      case Weights.Quantized quantized -> quantized;
      case Weights.Trained _, Weights.Folded _ -> throw new MobileNetException(Precision.FLOATS);
    };
  }

  private List<Operator> integers(Weights.Quantized weights) {
    Integers integers = new Integers(network, weights);
    QuantizedKernels of = kernels.quantized();
    Stream.Builder<Operator> all = Stream.builder();
    all.add(new QuantizedStem(of, network, integers));
    for (MobileNetV1.Block block : network.blocks()) {
      all.add(new QuantizedBlock(of, network, block, integers));
    }
    return all.add(new QuantizedHead(of, network, integers)).build().toList();
  }

  /**
   * Compiles weights in the precision that they are made for ({@link Precision#of}), for the
   * kernels of this process, {@link KernelChoice#current()}.
   *
   * @throws MobileNetException if the weights are another network's or not finite, there is no
   *     memory for them, the backbone is {@link MobileNetV1.Backbone#STANDARD}, which is for
   *     comparing costs only, or as {@link #kernelChoice()}
   */
  public static InferencePlan compile(MobileNetV1 network, Weights weights) {
    return compile(network, weights, Precision.of(weights));
  }

  /**
   * Compiles weights in a precision, for the kernels of this process.
   *
   * @throws MobileNetException as {@link #compile(MobileNetV1, Weights)}, or if the precision is
   *     {@link Precision#INT8} and the weights are not quantised
   */
  public static InferencePlan compile(MobileNetV1 network, Weights weights, Precision precision) {
    return compile(network, weights, precision, kernelChoice().kernels());
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
    return compile(network, weights, Precision.of(weights), kernels);
  }

  private static InferencePlan compile(
      MobileNetV1 network, Weights weights, Precision precision, Kernels kernels) {
    if (network.backbone() == MobileNetV1.Backbone.STANDARD) {
      throw new MobileNetException(
          "a backbone of standard convolutions is for comparing costs, it cannot be run");
    }
    weights.requireFor(network);
    SharedMemory memory = new SharedMemory();
    boolean made = false;
    try {
      InferencePlan plan =
          new InferencePlan(network, weights, precision, kernels.in(memory.region()), memory);
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

  /** Returns what it computes in. */
  public Precision precision() {
    return precision;
  }

  /**
   * Returns the integers that it computes with.
   *
   * @throws MobileNetException if its precision is another than {@link Precision#INT8}
   */
  Weights.Quantized quantized() {
    if (quantized != null) {
      return quantized;
    }
    throw new MobileNetException(
        "the network runs in %s, which has no integers as they are".formatted(precision));
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

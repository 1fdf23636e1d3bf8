package io.github.mobilenet4j.formats.reading;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.formats.huggingface.HubConfig;
import io.github.mobilenet4j.network.Padding;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file format that may hold a MobileNet V1. There are two kinds, told apart by {@link Contents}:
 *
 * <ul>
 *   <li>a container of named tensors (safetensors, PyTorch) knows nothing of networks. Names, axes,
 *       and what a source does without saying so are its {@link Dialect}'s; what the source says in
 *       files beside the weights is {@link HubConfig}'s. {@link Models} joins the three.
 *   <li>a graph (TensorFlow Lite, ONNX, a whole model of Keras), or this library's own model file,
 *       describes itself: its format gives the whole model.
 * </ul>
 *
 * <p>A new format is one class of this interface, listed in {@link Models}; a new naming is one
 * function in {@link Dialect}. Neither needs the other.
 */
public interface ModelFormat {
  /** What a file holds. */
  sealed interface Contents {}

  /**
   * A model that needs nothing else.
   *
   * @param config what stands in {@code config.json} else, where the file has it inside
   */
  record Whole(Model model, Optional<JsonFields> config) implements Contents {
    /** A model of a file without a configuration. */
    public Whole(Model model) {
      this(model, Optional.empty());
    }
  }

  /**
   * Tensors whose names are some {@link Dialect}'s.
   *
   * @param entries one or more sets of them, such as a network's and their moving average
   * @param metadata what is worth keeping about the file, by name
   * @param padding what the file says of it; empty where it is the dialect's
   */
  record Named(List<Entry> entries, Map<String, String> metadata, Optional<Padding> padding)
      implements Contents {
    /** Tensors in a file that says nothing of padding. */
    public Named(List<Entry> entries, Map<String, String> metadata) {
      this(entries, metadata, Optional.empty());
    }

    /** One set of tensors. */
    public Named(Map<String, Tensor> tensors, Map<String, String> metadata) {
      this(List.of(new Entry("", tensors)), metadata);
    }

    /** Returns the same tensors in a file that says something of padding, or nothing. */
    public Named withPadding(Optional<Padding> said) {
      return new Named(entries, metadata, said);
    }
  }

  /**
   * A set of tensors.
   *
   * @param name where it is in the file; empty where there is nothing else
   * @param tensors by name
   */
  record Entry(String name, Map<String, Tensor> tensors) {}

  /** Returns what the format is called, for messages. */
  String title();

  /** Returns whether a file is meant to be of this format, broken or not. */
  boolean recognises(Source source);

  /**
   * Returns what a file holds.
   *
   * @param limits what it may ask for
   * @throws MobileNetException naming the file and what is wrong in it
   */
  Contents read(Source source, ReadLimits limits);
}

package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.ModelFormat.Contents;
import io.github.mobilenet4j.formats.reading.ModelFormat.Entry;
import io.github.mobilenet4j.formats.reading.ModelFormat.Named;
import io.github.mobilenet4j.formats.reading.ModelFormat.Whole;
import io.github.mobilenet4j.formats.torch.TorchObjects.Storage;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What an object that was saved holds: a network's modules, or dictionaries of its tensors. */
final class TorchContents {
  private TorchContents() {}

  /**
   * Returns what an object holds. A network is taken where it was saved itself, not in a dictionary
   * that has its tensors too.
   *
   * @param storages gives a storage's bytes, little-endian, or null
   * @param code of TorchScript
   * @throws MobileNetException without the file's name, if it holds something else
   */
  static Contents of(
      Object root,
      Function<Storage, ByteBuffer> storages,
      TorchModules.Code code,
      ReadLimits limits) {
    StateDict.Reader tensors = new StateDict.Reader(storages);
    Optional<PickledObject> network = TorchModules.find(root);
    if (network.isPresent() && (network.get() == root || !StateDict.isIn(root))) {
      PickledObject found = network.get();
      String format = TorchModules.isScripted(found) ? TorchGraph.SCRIPTED : "pytorch module";
      return new Whole(
          TorchGraph.model(TorchModules.of(found, code, limits), tensors, format),
          TorchModules.config(found));
    }
    List<StateDict> all = StateDict.of(root, tensors, limits);
    return new Named(
        all.stream().map(state -> new Entry(state.entry(), state.tensors())).toList(),
        Map.of("format", "pytorch"));
  }
}

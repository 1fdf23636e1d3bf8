package io.github.mobilenet4j.formats.tensorflow;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Reading;
import io.github.mobilenet4j.formats.protobuf.ProtoMessage;
import io.github.mobilenet4j.formats.reading.Sizes;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The checkpoint of a SavedModel, in the folder {@code variables} beside its graph: an index, and
 * files that the values stand in. These have fixed names, so that no file outside is read.
 */
final class Variables {
  private final Path folder;
  private final Tensors tensors;
  private final Map<String, ByteBuffer> index;
  private final long shards;

  private Variables(Path folder, Tensors tensors, Map<String, ByteBuffer> index) {
    this.folder = folder;
    this.tensors = tensors;
    this.index = index;
    ProtoMessage header = message("");
    shards = header.integer(TensorFlowSchema.BUNDLE_SHARDS, 0);
    if (!index.isEmpty() && header.integer(TensorFlowSchema.BUNDLE_ENDIANNESS, 0) != 0) {
      throw new MobileNetException("has values of the other byte order, expected little-endian");
    }
  }

  /**
   * Returns what is beside a SavedModel's graph.
   *
   * @param graph its file
   * @throws MobileNetException naming the index, if it is broken
   */
  static Variables beside(Path graph, Tensors tensors) {
    Path folder = graph.toAbsolutePath().resolveSibling("variables");
    Path file = folder.resolve("variables.index");
    if (!Files.isRegularFile(file)) {
      return none(tensors);
    }
    try {
      return new Variables(
          folder, tensors, SortedTable.read(Reading.bytes(file), tensors.limits().entries()));
    } catch (MobileNetException e) {
      throw e.in("variables.index");
    }
  }

  /** Returns those of a graph that comes alone. */
  static Variables none(Tensors tensors) {
    return new Variables(null, tensors, Map.of());
  }

  private ProtoMessage message(String key) {
    ByteBuffer value = index.getOrDefault(key, ByteBuffer.allocate(0));
    return new ProtoMessage(value, tensors.limits().entries());
  }

  /**
   * Returns a variable's value.
   *
   * @param title for messages
   * @param key in the index, null where the graph says none
   */
  Tensor value(String title, String key) {
    if (key == null || !index.containsKey(key)) {
      throw new MobileNetException(
          title
              + " is a variable, whose value is not there: "
              + (index.isEmpty()
                  ? "it is in variables/ beside saved_model.pb, or in the checkpoint that the graph"
                      + " was saved with: freeze the graph, or save it as a SavedModel"
                  : "variables/ has none of its name"));
    }
    ProtoMessage entry = message(key);
    DataType type = Tensors.type(title, entry.integer(TensorFlowSchema.VALUE_TYPE, 0));
    List<Integer> shape = tensors.shape(title, entry.message(TensorFlowSchema.VALUE_SHAPE));
    long bytes = Sizes.bytes(title, type, shape);
    long size = entry.integer(TensorFlowSchema.VALUE_SIZE, 0);
    long shard = entry.integer(TensorFlowSchema.VALUE_SHARD, 0);
    if (size != bytes
        || shard < 0
        || shard >= shards
        || !entry.messages(TensorFlowSchema.VALUE_SLICE).isEmpty()) {
      throw new MobileNetException(
          "%s has %s bytes in file %s of %s, or in slices, expected %s"
              .formatted(title, size, shard, shards, bytes));
    }
    ByteBuffer values =
        read(title, shard, entry.integer(TensorFlowSchema.VALUE_OFFSET, 0), (int) bytes);
    if (entry.bits(TensorFlowSchema.VALUE_CHECKSUM, 0) != SortedTable.checksum(values)) {
      throw new MobileNetException(title + " is damaged: its values have another checksum");
    }
    return new Tensor(type, shape, values);
  }

  private ByteBuffer read(String title, long shard, long offset, int bytes) {
    String name = String.format(Locale.ROOT, "variables.data-%05d-of-%05d", shard, shards);
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new MobileNetException(
          "%s has its value in variables/%s, which is not there".formatted(title, name));
    }
    try (FileChannel channel = FileChannel.open(file)) {
      if (offset < 0 || offset > channel.size() - bytes) {
        throw new MobileNetException(
            "%s has its %s bytes from %s on in %s of %s bytes"
                .formatted(title, bytes, offset, name, channel.size()));
      }
      tensors.room().take(bytes, title);
      return Reading.part(title + ": " + name, channel, offset, bytes)
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw MobileNetException.cannot("read", file, e);
    }
  }
}

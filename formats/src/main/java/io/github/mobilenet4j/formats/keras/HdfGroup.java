package io.github.mobilenet4j.formats.keras;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.reading.Room;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.object.datatype.VariableLength;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A group of an HDF5 file: named groups, datasets and attributes. The library (jHDF) trusts its
 * input; here sizes are checked before memory is taken, links that lead out of the file are not
 * followed, and whatever it throws becomes a {@link MobileNetException}.
 */
final class HdfGroup {
  private static final byte[] MARK = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private static final Set<Class<?>> COUNTS =
      Set.of(int.class, long.class, Integer.class, Long.class);

  /**
   * What is left of a file's content.
   *
   * @param longest a text of any length has at most as many bytes; an array of texts may be one
   *     text again and again
   */
  private record Content(
      long bytes, long longest, long memory, int most, Room room, Room entries) {}

  /** Where texts of any length are: collections that begin so, version 1. */
  private static final byte[] HEAP = {'G', 'C', 'O', 'L', 1};

  private final Group group;
  private final Content content;
  private final Map<String, Node> children;

  private HdfGroup(Group group, Content content) {
    this.group = group;
    this.content = content;
    this.children = group.getChildren();
    content.entries.take(children.size(), "group " + path());
  }

  static boolean isHdf(byte[] first) {
    return first.length >= MARK.length
        && Arrays.equals(first, 0, MARK.length, MARK, 0, MARK.length);
  }

  /**
   * Returns what a reader makes of a file's root.
   *
   * @param limits of what is in its groups, and of memory
   * @throws MobileNetException without the file's name, if the file is broken or asks for more than
   *     the limits allow
   */
  static <T> T read(byte[] content, ReadLimits limits, Function<HdfGroup, T> reader) {
    try (HdfFile file = HdfFile.fromBytes(content)) {
      // Tensors take at most twice the file, as they may be compressed.
      Content all =
          new Content(
              content.length,
              longestHeap(content),
              limits.memory(content.length),
              limits.entries(),
              new Room(2L * content.length, "bytes"),
              new Room(limits.entries(), "entries"));
      return reader.apply(new HdfGroup(file, all));
    } catch (MobileNetException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      // Chunks are decompressed by other threads, whose want of memory is wrapped.
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof OutOfMemoryError shortage) {
          throw shortage;
        }
      }
      throw new MobileNetException(
          "broken HDF5: " + MobileNetException.abridged("" + e.getMessage()), e);
    }
  }

  /** Returns the size of the largest collection of texts, wherever it is in a file. */
  private static long longestHeap(byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    int lengths = content.length < 16 ? 0 : content[content[8] < 2 ? 14 : 10];
    if (lengths != Long.BYTES) {
      return content.length;
    }
    long longest = 0;
    for (int at = 0; at + 16 <= content.length; at++) {
      if (content[at] == HEAP[0]
          && Arrays.equals(content, at, at + HEAP.length, HEAP, 0, HEAP.length)) {
        long size = bytes.getLong(at + 8);
        longest = Math.max(longest, size < 0 ? content.length : Math.min(size, content.length));
      }
    }
    return longest;
  }

  /** Returns its path in the file, for messages. */
  String path() {
    return MobileNetException.abridged(group.getPath());
  }

  /** Returns the names of what is in this group. */
  List<String> names() {
    return List.copyOf(children.keySet());
  }

  /** Returns a group in this one. */
  Optional<HdfGroup> group(String name) {
    return child(name)
        .filter(Group.class::isInstance)
        .map(child -> new HdfGroup((Group) child, content));
  }

  private Optional<Node> child(String name) {
    return Optional.ofNullable(children.get(name)).filter(node -> !node.isLink());
  }

  /**
   * Returns a dataset of single precision.
   *
   * @param path its name, with those of the groups that it is in
   */
  Tensor tensor(String path) {
    String[] names = path.split("/", 2);
    if (names.length == 2) {
      return group(names[0]).orElseThrow(() -> missing(path)).tensor(names[1]);
    }
    if (!(child(path).orElse(null) instanceof Dataset dataset)) {
      throw missing(path);
    }
    String title = "dataset " + MobileNetException.abridged(dataset.getPath());
    if (dataset.getJavaType() != float.class) {
      throw new MobileNetException(
          "%s is of type %s, expected float%s"
              .formatted(
                  title,
                  dataset.getJavaType(),
                  dataset.getJavaType() == byte.class
                      ? "; what Keras has quantised is not read, save the model before that"
                      : ""));
    }
    // The same one may be read again and again, even if it is empty.
    content.entries.take(1, title);
    content.room.take(dataset.getSizeInBytes(), title);
    if (dataset instanceof ChunkedDataset chunked) {
      HdfChunks.check(chunked, 2 * content.bytes, content.most);
    }
    return Tensor.of(
        DataType.F32,
        Arrays.stream(dataset.getDimensions()).boxed().toList(),
        (float[]) dataset.getDataFlat());
  }

  /** Returns whether a dataset is none that counts, of one integer: no layer computes with it. */
  boolean isNoCount(String path) {
    String[] names = path.split("/", 2);
    if (names.length == 2) {
      return group(names[0]).map(group -> group.isNoCount(names[1])).orElse(true);
    }
    return !(child(path).orElse(null) instanceof Dataset dataset
        && dataset.getDimensions().length == 0
        && COUNTS.contains(dataset.getJavaType()));
  }

  /** Returns the one text in a dataset, if there is such a dataset. */
  Optional<String> textDataset(String name) {
    return child(name)
        .filter(Dataset.class::isInstance)
        .map(Dataset.class::cast)
        .filter(dataset ->
            !(dataset instanceof ChunkedDataset)
                && dataset.getJavaType() == String.class
                && dataset.getSize() == 1
                && dataset.getSizeInBytes() <= content.bytes)
        .map(Dataset::getData)
        .filter(data -> data instanceof String[] texts && texts.length == 1)
        .map(data -> ((String[]) data)[0]);
  }

  private MobileNetException missing(String path) {
    return new MobileNetException(
        "has no dataset %s in %s"
            .formatted(
                MobileNetException.abridged(path), MobileNetException.abridged(group.getPath())));
  }

  /** Returns an attribute that is one text. */
  Optional<String> text(String attribute) {
    return data(attribute).filter(String.class::isInstance).map(String.class::cast);
  }

  /** Returns an attribute that is a list of texts, empty if there is none. */
  List<String> texts(String attribute) {
    return data(attribute)
        .filter(String[].class::isInstance)
        .map(texts -> List.of((String[]) texts))
        .orElse(List.of());
  }

  private Optional<Object> data(String attribute) {
    return Optional.ofNullable(group.getAttribute(attribute))
        .filter(data -> data.getJavaType() == String.class)
        .map(data -> {
          String title = "attribute " + attribute + " of " + path();
          content.entries.take(data.getSize(), title);
          if (data.getDataType() instanceof VariableLength
              && data.getSize() > 1 + content.memory / 2 / Math.max(1, content.longest)) {
            throw new MobileNetException(
                "%s has %s texts of any length".formatted(title, data.getSize()));
          }
          return data.getData();
        });
  }
}

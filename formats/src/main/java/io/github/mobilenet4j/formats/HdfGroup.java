package io.github.mobilenet4j.formats;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.weights.DataType;
import io.github.mobilenet4j.weights.Tensor;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A group of an HDF5 file: named groups, datasets and attributes. The library (jHDF) trusts its
 * input; here sizes are checked before memory is taken, links that lead out of the file are not
 * followed, and whatever it throws becomes a {@link MobileNetException}.
 */
final class HdfGroup {
  private static final byte[] MARK = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private final Group group;

  /** Bytes that tensors may still take: twice the file, as they may be compressed. */
  private final long[] room;

  private HdfGroup(Group group, long[] room) {
    this.group = group;
    this.room = room;
  }

  static boolean isHdf(byte[] head) {
    return head.length >= MARK.length && Arrays.equals(head, 0, MARK.length, MARK, 0, MARK.length);
  }

  /**
   * Returns what a reader makes of a file's root.
   *
   * @throws MobileNetException without the file's name, if the file is broken
   */
  static <T> T read(byte[] content, Function<HdfGroup, T> reader) {
    try (HdfFile file = HdfFile.fromBytes(content)) {
      return reader.apply(new HdfGroup(file, new long[] {2L * content.length}));
    } catch (MobileNetException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      throw new MobileNetException("broken HDF5: " + ModelFormat.abridged("" + e.getMessage()), e);
    }
  }

  /** Returns its path in the file, for messages. */
  String path() {
    return ModelFormat.abridged(group.getPath());
  }

  /** Returns the names of what is in this group. */
  List<String> names() {
    return List.copyOf(group.getChildren().keySet());
  }

  /** Returns a group in this one. */
  Optional<HdfGroup> group(String name) {
    return child(name)
        .filter(Group.class::isInstance)
        .map(child -> new HdfGroup((Group) child, room));
  }

  private Optional<Node> child(String name) {
    return Optional.ofNullable(group.getChildren().get(name)).filter(node -> !node.isLink());
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
    long bytes = dataset.getSizeInBytes();
    if (dataset.getJavaType() != float.class || bytes < 0 || bytes > room[0]) {
      throw new MobileNetException(
          "dataset %s is %s of %d bytes, expected float and at most %d bytes"
              .formatted(
                  ModelFormat.abridged(dataset.getPath()), dataset.getJavaType(), bytes, room[0]));
    }
    room[0] -= bytes;
    return Tensor.of(
        DataType.F32,
        Arrays.stream(dataset.getDimensions()).boxed().toList(),
        (float[]) dataset.getDataFlat());
  }

  /** Returns the one text in a dataset, if there is such a dataset. */
  Optional<String> textDataset(String name) {
    return child(name)
        .filter(Dataset.class::isInstance)
        .filter(dataset -> ((Dataset) dataset).getSizeInBytes() <= room[0])
        .map(dataset -> ((Dataset) dataset).getData())
        .filter(data -> data instanceof String[] texts && texts.length == 1)
        .map(data -> ((String[]) data)[0]);
  }

  private MobileNetException missing(String path) {
    return new MobileNetException(
        "has no dataset %s in %s"
            .formatted(ModelFormat.abridged(path), ModelFormat.abridged(group.getPath())));
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
    return Optional.ofNullable(group.getAttribute(attribute)).map(Attribute::getData);
  }
}

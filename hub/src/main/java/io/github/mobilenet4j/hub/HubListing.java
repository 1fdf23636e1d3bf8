package io.github.mobilenet4j.hub;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.files.Json;
import io.github.mobilenet4j.files.Visible;
import io.github.mobilenet4j.hub.ModelName.HuggingFace;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the Hugging Face hub says of a revision of a repository: the answer of {@code
 * /api/models/OWNER/NAME/revision/REVISION?blobs=true}.
 *
 * @param commit its commit, 40 hexadecimal digits
 * @param files by path; only those whose path is safe to use here
 */
record HubListing(String commit, Map<String, File> files) {
  private static final List<String> COMPANIONS = List.of("config.json", "preprocessor_config.json");

  /** The names that transformers and timm give weights, the best to read first. */
  private static final List<String> USUAL = List.of("model.safetensors", "pytorch_model.bin");

  private static final List<String> ENDINGS =
      List.of(".safetensors", ".bin", ".pth", ".pt", ".tar", ".h5", ".keras", ".onnx", ".tflite");

  private static final int MOST_NAMED = 8;

  /**
   * A file of a repository.
   *
   * @param size in bytes, -1 if the hub does not say
   * @param checksum empty if the hub does not say
   */
  record File(String path, long size, Optional<Checksum> checksum) {}

  /**
   * Reads the hub's answer.
   *
   * @param source for messages
   * @throws MobileNetException if it is none
   */
  static HubListing parse(String source, String json) {
    if (Json.parse(source, json) instanceof Map<?, ?> answer
        && answer.get("sha") instanceof String commit
        && HuggingFace.isCommit(commit)
        && answer.get("siblings") instanceof List<?> siblings) {
      Map<String, File> files = new LinkedHashMap<>();
      for (Object sibling : siblings) {
        if (sibling instanceof Map<?, ?> fields
            && fields.get("rfilename") instanceof String path
            && HuggingFace.isPlain(path)) {
          files.put(path, file(path, fields));
        }
      }
      return new HubListing(commit, files);
    }
    throw new MobileNetException(
        source + ": is no listing of a repository, expected a commit (sha) and files (siblings)");
  }

  /** Large files are named by the SHA-256 of their content, others as git does. */
  private static File file(String path, Map<?, ?> fields) {
    Object name =
        fields.get("lfs") instanceof Map<?, ?> large ? large.get("sha256") : fields.get("blobId");
    return new File(
        path,
        fields.get("size") instanceof Long size && size >= 0 ? size : -1,
        name instanceof String text ? Checksum.ofName(text) : Optional.empty());
  }

  /**
   * Returns the files that make a model, the weights last.
   *
   * @throws MobileNetException if there are no weights, or several and no telling which
   */
  List<File> model(HuggingFace name) {
    String weights =
        weights(name, files.keySet())
            .orElseThrow(() ->
                new MobileNetException(
                    "there is no file %s in commit %s"
                        .formatted(
                            name.file().isEmpty()
                                ? "of weights (%s)".formatted(String.join(", ", ENDINGS))
                                : name.file(),
                            commit)));
    String folder = weights.substring(0, weights.lastIndexOf('/') + 1);
    return Stream.concat(COMPANIONS.stream().map(folder::concat), Stream.of(weights))
        .filter(files::containsKey)
        .map(files::get)
        .toList();
  }

  /**
   * Returns the path of the weights among the files of a folder: those that are named, or have a
   * usual name, or are the only ones.
   *
   * @throws MobileNetException if there are several and no telling which
   */
  static Optional<String> weights(HuggingFace name, Collection<String> paths) {
    if (!name.file().isEmpty()) {
      return Optional.of(name.file()).filter(paths::contains);
    }
    Optional<String> usual = USUAL.stream().filter(paths::contains).findFirst();
    if (usual.isPresent()) {
      return usual;
    }
    List<String> others =
        paths.stream().filter(path -> ENDINGS.stream().anyMatch(path::endsWith)).sorted().toList();
    if (others.size() > 1) {
      throw new MobileNetException(
          "there are %s files of weights, name one as hf:%s/%s/FILE: %s"
              .formatted(
                  others.size(), name.owner(), name.name(), Visible.first(others, MOST_NAMED)));
    }
    return others.stream().findFirst();
  }
}

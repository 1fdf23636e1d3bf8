package io.github.mobilenet4j.cli;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.formats.Selection;
import io.github.mobilenet4j.hub.Hub;
import io.github.mobilenet4j.weights.Dialect;
import io.github.mobilenet4j.weights.Model;
import io.github.mobilenet4j.weights.ModelFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where a command's model is: in a file, in this program, or on a server, under a name that {@link
 * Hub} knows.
 */
final class ModelSource {
  /** What the model that comes with the program is called. */
  static final String BUNDLED = "bundled";

  private final String text;
  private final Download download;
  private final Consumer<String> notes;

  /** Brings a model by its name. */
  interface Download {
    Path of(String name);
  }

  /**
   * @param notes takes what a user has to know of a file that is read
   * @throws MobileNetException if the text begins as a name and is none, or is an address
   * @throws java.nio.file.InvalidPathException if it can neither be a file's
   */
  ModelSource(String text, Download download, Consumer<String> notes) {
    if (Hub.isName(text)) {
      Hub.requireName(text);
    } else if (text.matches("https?://.*")) {
      throw new MobileNetException(
          "'%s' is an address, expected a file or a name such as hf:OWNER/NAME (mobilenet4j help fetch)"
              .formatted(text));
    } else {
      Path.of(text);
    }
    this.text = text;
    this.download = download;
    this.notes = notes;
  }

  /** Reads the model, which is downloaded first where it has to be. */
  Model read() {
    return read(null, null);
  }

  /**
   * Reads a model whose tensors have somebody's names.
   *
   * @param dialect null where they are to be recognised
   * @param entry which set of weights, null for the default
   */
  Model read(Dialect dialect, String entry) {
    if (isBundled()) {
      return ModelFile.bundled();
    }
    Selection selection = new Selection(Optional.ofNullable(dialect), Optional.ofNullable(entry));
    Model model = Models.read(path(), selection, ReadLimits.standard());
    String integers = model.metadata().get(Model.INTEGERS);
    if (integers != null) {
      notes.accept("%s: its integers are %s".formatted(text, integers));
    }
    String names = model.metadata().get(Dialect.NAMES);
    if (names != null) {
      notes.accept("%s: its names are %s".formatted(text, names));
    }
    return model;
  }

  private boolean isBundled() {
    return text.equals(BUNDLED);
  }

  private Path path() {
    return Hub.isName(text) ? download.of(text) : Path.of(text);
  }

  /** Returns the file, if it is one of the user's, and not downloaded by a name. */
  Optional<Path> file() {
    return isBundled() || Hub.isName(text) ? Optional.empty() : Optional.of(Path.of(text));
  }

  /** Returns the name for people: a file's without its folder. */
  String name() {
    return Hub.isName(text) ? text : Path.of(text).getFileName().toString();
  }

  @Override
  public String toString() {
    return text;
  }
}

package io.github.mobilenet4j.server.studio;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.evaluation.Verification;
import io.github.mobilenet4j.evaluation.Verifier;
import io.github.mobilenet4j.formats.Models;
import io.github.mobilenet4j.weights.Model;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes a model in a format, reads it again, and runs both on some images. */
final class Exporter {
  private static final int IMAGES = 8;
  private static final String ARCHIVE = "model.zip";

  /** The largest difference as a part of the largest logit, as the command verify has it. */
  private static final double TOLERANCE = 1e-4;

  private final Pictures reader;

  Exporter(Pictures reader) {
    this.reader = reader;
  }

  /**
   * Writes.
   *
   * @param folder what is in it is replaced
   * @return what was found, as JSON
   * @throws MobileNetException if it cannot be written, or the two differ
   */
  Map<String, Object> write(ExportKind kind, Model model, Path folder, List<Picture> pictures) {
    Path file = folder.resolve(kind.file());
    try {
      Files.createDirectories(folder);
      for (Path old : files(folder)) {
        Files.delete(old);
      }
      kind.export(model).write(file, model);
      Verification verification = verify(model, Models.read(file), pictures);
      Verification.Agreement agreement = verification.agreements().getFirst();
      if (!verification.agree(TOLERANCE)) {
        Files.deleteIfExists(file);
        throw new MobileNetException(
            "what was written computes something else: logits differ by %s of the largest"
                .formatted(agreement.logits().relative()));
      }
      Path result = files(folder).size() > 1 ? zipped(folder) : file;
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("file", result.getFileName().toString());
      json.put("bytes", Files.size(result));
      json.put("images", verification.images());
      json.put("sameTop1", agreement.sameTop1());
      json.put("difference", agreement.logits().relative());
      return json;
    } catch (IOException e) {
      throw MobileNetException.cannot("write", file, e);
    }
  }

  /** Runs both on images from everywhere in the project. */
  private Verification verify(Model model, Model written, List<Picture> pictures) {
    try (Verifier verifier = new Verifier(model, written)) {
      int count = Math.min(IMAGES, pictures.size());
      for (int i = 0; i < count; i++) {
        Picture picture = pictures.get((int) ((long) i * pictures.size() / count));
        verifier.add(picture.name(), reader.read(picture.file()));
      }
      return verifier.verification();
    }
  }

  /**
   * Returns the file that was written last, if there is one.
   *
   * @param folder as for {@link #write}
   */
  static Optional<Path> written(ExportKind kind, Path folder) {
    return Stream.of(folder.resolve(ARCHIVE), folder.resolve(kind.file()))
        .filter(Files::exists)
        .findFirst();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static Path zipped(Path folder) throws IOException {
    List<Path> files = files(folder);
    Path zip = folder.resolve(ARCHIVE);
    try (OutputStream out = Files.newOutputStream(zip);
        ZipOutputStream archive = new ZipOutputStream(out)) {
      for (Path file : files) {
        archive.putNextEntry(new ZipEntry(file.getFileName().toString()));
        Files.copy(file, archive);
        archive.closeEntry();
      }
    }
    return zip;
  }
}

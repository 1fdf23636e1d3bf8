package io.github.mobilenet4j.spark;

import io.github.mobilenet4j.MobileNetException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;

/**
 * A run folder in a file system of Hadoop's, and its copy on the disk of a worker, where the
 * training works.
 */
final class RemoteFolder {
  private final Path remote;
  private final java.nio.file.Path local;
  private final Configuration configuration;
  private final Map<String, FileTime> uploaded = new HashMap<>();

  RemoteFolder(String uri, java.nio.file.Path local, Configuration configuration) {
    this.remote = new Path(uri);
    this.local = local;
    this.configuration = configuration;
  }

  /**
   * Returns the same folder for all machines: of a path without a file system the default one, and
   * of a relative path where it is for this one.
   */
  static String qualified(String uri, Configuration configuration) {
    Path path = new Path(uri);
    try {
      return path.getFileSystem(configuration).makeQualified(path).toString();
    } catch (IOException e) {
      throw fault("reach", path, e);
    }
  }

  /** Returns whether a training was begun there. */
  static boolean exists(String uri, Configuration configuration) {
    Path config = new Path(uri, "config.json");
    try {
      return config.getFileSystem(configuration).exists(config);
    } catch (IOException e) {
      throw fault("look at", config, e);
    }
  }

  /** Copies what is there, if there is anything, to the worker. */
  void download() {
    try {
      FileSystem files = remote.getFileSystem(configuration);
      Files.createDirectories(local);
      if (!files.exists(remote)) {
        return;
      }
      for (FileStatus file : files.listStatus(remote)) {
        if (file.isFile() && !file.getPath().getName().startsWith(".")) {
          try (InputStream in = files.open(file.getPath())) {
            Files.copy(
                in, local.resolve(file.getPath().getName()), StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
    } catch (IOException e) {
      throw fault("read", remote, e);
    }
  }

  /**
   * Copies what has changed on the worker: each file replaces the one there at once, the checkpoint
   * last, so that who goes on from it finds what it speaks of.
   */
  void upload() {
    List<java.nio.file.Path> files;
    try (Stream<java.nio.file.Path> all = Files.list(local)) {
      files =
          all.filter(Files::isRegularFile)
              .filter(file -> !file.getFileName().toString().startsWith("."))
              .sorted(
                  java.util.Comparator.comparing(
                      file -> file.getFileName().toString().startsWith("checkpoint")))
              .toList();
      for (java.nio.file.Path file : files) {
        String name = file.getFileName().toString();
        FileTime changed = Files.getLastModifiedTime(file);
        if (!changed.equals(uploaded.put(name, changed))) {
          upload(file, new Path(remote, name));
        }
      }
    } catch (IOException e) {
      throw fault("write", remote, e);
    }
  }

  private void upload(java.nio.file.Path file, Path to) throws IOException {
    FileSystem files = to.getFileSystem(configuration);
    Path part = new Path(to.getParent(), "." + to.getName() + ".part");
    try (OutputStream out = files.create(part, true)) {
      Files.copy(file, out);
    }
    try {
      FileContext.getFileContext(files.getUri(), configuration)
          .rename(files.makeQualified(part), files.makeQualified(to), Options.Rename.OVERWRITE);
    } catch (UnsupportedFileSystemException _) {
      files.delete(to, false); // It has no renaming over what is there.
      if (!files.rename(part, to)) {
        throw new IOException("cannot rename %s to %s".formatted(part, to));
      }
    }
  }

  private static MobileNetException fault(String what, Path path, IOException e) {
    return new MobileNetException("cannot %s %s: %s".formatted(what, path, e.getMessage()), e);
  }
}

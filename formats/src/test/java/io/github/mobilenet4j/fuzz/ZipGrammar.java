package io.github.mobilenet4j.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Zip archives with hostile headers: sizes, places and counts that lie, Zip64 with and without its
 * fields, entries of one name, of one place, and out of the archive.
 */
public final class ZipGrammar {
  private static final int MOST = 2000;

  private ZipGrammar() {}

  /**
   * Returns an archive.
   *
   * @param names that its reader may look for
   */
  public static byte[] archive(List<String> names, Choices choices) {
    FileBytes out = new FileBytes();
    FileBytes directory = new FileBytes();
    List<Long> places = new ArrayList<>();
    places.add(0L);
    int entries = choices.below(5);
    for (int i = 0; i < entries; i++) {
      byte[] name = choices.of(names).getBytes(StandardCharsets.UTF_8);
      byte[] data = new byte[choices.count(MOST)];
      places.add((long) out.toArray().length);
      int method = choices.oneIn(4) ? 8 : 0;
      header(out, 0x04034b50, method, name, data.length, choices).bytes(name).bytes(data);
      entry(directory, name, data.length, choices.of(places), method, choices);
    }
    if (choices.oneIn(4)) {
      // Many that are one.
      FileBytes same = new FileBytes();
      entry(same, "a".getBytes(StandardCharsets.UTF_8), 0, 0, 0, choices);
      directory.repeat(choices.count(MOST), same.toArray());
    }
    long at = out.toArray().length;
    byte[] all = directory.toArray();
    out.bytes(all);
    boolean wide = choices.oneIn(3);
    if (wide) {
      long end = out.toArray().length;
      out.little(0x06064b50, 4).little(44, 8).little(0, 24);
      out.little(choices.oneIn(4) ? choices.number() : all.length, 8);
      out.little(choices.oneIn(4) ? choices.number() : at, 8);
      out.little(0x07064b50, 4).little(0, 4);
      out.little(choices.oneIn(4) ? choices.number() : end, 8).little(1, 4);
    }
    out.little(0x06054b50, 4).little(0, 8);
    out.little(wide ? -1 : size(all.length, choices), 4);
    out.little(wide ? -1 : size(at, choices), 4);
    return out.little(0, 2).toArray();
  }

  private static long size(long right, Choices choices) {
    return choices.oneIn(16) ? choices.number() : right;
  }

  /**
   * Writes what a local header and one of the directory have alike but for the length of fields.
   */
  private static FileBytes header(
      FileBytes out, int signature, int method, byte[] name, long size, Choices choices) {
    return out.little(signature, 4)
        .little(20, 2)
        .little(choices.oneIn(32) ? 1 : 0, 2)
        .little(method, 2)
        .little(0, 8)
        .little(size(size, choices), 4)
        .little(size(size, choices), 4)
        .little(name.length, 2)
        .little(choices.oneIn(16) ? choices.number() : 0, 2);
  }

  private static void entry(
      FileBytes out, byte[] name, long size, long place, int method, Choices choices) {
    boolean wide = choices.oneIn(4);
    int fields = wide ? 4 + 8 * choices.below(4) : 0;
    out.little(0x02014b50, 4)
        .little(20, 2)
        .little(20, 2)
        .little(choices.oneIn(32) ? 1 : 0, 2)
        .little(method, 2)
        .little(0, 8)
        .little(wide ? -1 : size(size, choices), 4)
        .little(wide ? -1 : size(size, choices), 4)
        .little(name.length, 2)
        .little(fields, 2)
        .little(choices.oneIn(16) ? choices.number() : 0, 2)
        .little(0, 8)
        .little(wide ? -1 : size(place, choices), 4)
        .bytes(name);
    if (wide) {
      out.little(1, 2).little(fields - 4, 2);
      for (int i = 4; i < fields; i += 8) {
        out.little(choices.oneIn(4) ? choices.number() : i < 20 ? size : place, 8);
      }
    }
  }
}

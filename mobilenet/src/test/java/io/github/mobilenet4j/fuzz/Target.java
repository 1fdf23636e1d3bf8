package io.github.mobilenet4j.fuzz;

import io.github.mobilenet4j.MobileNetException;
import java.util.List;

/**
 * A reader of outside bytes, and where its files come from.
 *
 * @param name for the command line and folders: letters, digits and hyphens
 * @param seeds good files
 * @param grammar files that are valid but for a few hostile values
 */
public record Target(String name, List<byte[]> seeds, Grammar grammar, Reader reader) {
  /** Makes a file of decisions. */
  public interface Grammar {
    byte[] file(Choices choices);
  }

  /** Reads a file. */
  public interface Reader {
    /**
     * @throws MobileNetException if the file is refused; everything else is a fault
     */
    void read(byte[] file) throws Exception;
  }

  /** The first decision of a file that is the rest of the sequence. */
  private static final int AS_IT_IS = 0;

  /** A target whose files are mutated seeds only. */
  public Target(String name, List<byte[]> seeds, Reader reader) {
    this(name, seeds, choices -> seeds.get(choices.below(seeds.size())).clone(), reader);
  }

  /** Returns the file that decisions lead to: as it is, a broken seed, or by the grammar. */
  public byte[] file(byte[] decisions) {
    Choices choices = new Choices(decisions);
    int kind = choices.octet();
    if (kind == AS_IT_IS) {
      return choices.rest();
    }
    boolean seed = kind < 100;
    if (kind > 230) {
      choices.beLavish();
    }
    byte[] file = seed ? seeds.get(choices.below(seeds.size())) : grammar.file(choices);
    int mutations = seed || kind > 215 && kind <= 230 ? choices.below(5) : 0;
    for (int i = 0; i < mutations; i++) {
      file = Mutations.mutate(file, seeds.get(choices.below(seeds.size())), choices);
    }
    return file;
  }

  /** Returns the decisions that lead to a file as it is. */
  public static byte[] decisions(byte[] file) {
    byte[] decisions = new byte[file.length + 1];
    decisions[0] = AS_IT_IS;
    System.arraycopy(file, 0, decisions, 1, file.length);
    return decisions;
  }
}

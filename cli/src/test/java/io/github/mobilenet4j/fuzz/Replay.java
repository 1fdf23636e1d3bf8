package io.github.mobilenet4j.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Looks again at decisions that are said to lead to a fault, at full speed, in a new process. */
final class Replay {
  private Replay() {}

  /** Takes the name of a reader, its folder, and the file with the decisions. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    Target target = Targets.named(arguments[0], Files.createDirectories(folder.resolve("files")));
    byte[] decisions = Files.readAllBytes(Path.of(arguments[2]));
    // The first call of all pays for what is compiled and loaded.
    target.seeds().forEach(seed -> Fuzzer.read(target, seed));
    Optional<String> fault = Fuzzer.read(target, target.file(decisions)).fault(1);
    if (fault.isPresent()) {
      byte[] least = Shrinker.shrink(target, decisions, fault.get());
      Outcome outcome = Fuzzer.read(target, target.file(least));
      new Faults(folder).add(fault.get(), target, least, outcome);
    }
  }
}

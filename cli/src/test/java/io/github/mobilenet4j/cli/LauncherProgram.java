package io.github.mobilenet4j.cli;

import java.io.IOException;
import java.util.Arrays;

/** Stands for the command in a jar of {@link LauncherTest}. */
final class LauncherProgram {
  private LauncherProgram() {}

  /** Prints its arguments, and waits for its input to end if it is told to. */
  public static void main(String[] args) throws IOException {
    System.out.println(Arrays.toString(args));
    // As any command does, sooner or later. The jar stays open from then on.
    LauncherProgram.class.getResource("a file");
    if (args[0].equals("wait")) {
      System.in.readAllBytes();
      Later.speak();
    }
  }

  /** Loaded when it is needed. */
  static final class Later {
    private Later() {}

    static void speak() {
      System.out.println("later");
    }
  }
}

package io.github.mobilenet4j.inference;

/** One of the three kinds of work that a MobileNet V1 is made of, with its packed weights. */
sealed interface Operator permits Stem, SeparableBlock, Head {
  /** Returns its name: stem, block1 … block13, head. */
  String name();

  /** Returns the multiply-adds for one picture. */
  long macs();
}

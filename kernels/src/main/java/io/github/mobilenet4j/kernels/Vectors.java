package io.github.mobilenet4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The vectors of the Vector API, of one width for the whole process. */
final class Vectors {
  static final VectorSpecies<Float> SPECIES = species();
  static final int LANES = SPECIES.length();

  private Vectors() {}

  /** Returns the widest vectors that this machine and JVM have. */
  static int widestVectorBits() {
    return VectorShape.preferredShape().vectorBitSize();
  }

  private static VectorSpecies<Float> species() {
    return switch (Processor.requestedVectorBits()) {
      case 128 -> FloatVector.SPECIES_128;
      case 256 -> FloatVector.SPECIES_256;
      case 512 -> FloatVector.SPECIES_512;
      default ->
          FloatVector.SPECIES_PREFERRED.length() > Channels.GROUP
              ? FloatVector.SPECIES_512
              : FloatVector.SPECIES_PREFERRED;
    };
  }

  static FloatVector load(float[] values, int at) {
    return FloatVector.fromArray(SPECIES, values, at);
  }

  static FloatVector clamp(FloatVector v, float low, float high) {
    FloatVector raised = v.blend(low, v.compare(VectorOperators.LT, low));
    return raised.blend(high, raised.compare(VectorOperators.GT, high));
  }
}

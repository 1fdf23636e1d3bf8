package io.github.mobilenet4j.training.run;

import io.github.mobilenet4j.weights.DataType;
import java.util.List;

/**
 * Joins what several processes compute of each step. A step's images are cut into shards, each with
 * its own BatchNorm statistics; every process computes some of the shards, with the same weights,
 * and all receive the sums over all of them. These are taken in a fixed tree over the shards, so
 * that they are the same bits whoever computes which.
 *
 * <p>The tree halves the shards: those of {@code [first, end)} are the sum of the largest power of
 * two of them that is less than their number, and of the rest. A process sends the largest parts of
 * it that lie within its own shards, {@link Block}s, and not each shard.
 */
public interface ShardExchange {
  /** Of the only process: it computes all shards. */
  ShardExchange ALONE =
      new ShardExchange() {
        @Override
        public boolean isOwn(int shard) {
          return true;
        }

        @Override
        public void sum(int from, int to, List<Block> blocks, float[] sums, Wire wire) {
          Block.fold(blocks, from, to, sums, from);
          wire.round(sums, from, to);
        }
      };

  /** In what values are sent. */
  enum Wire {
    /** As they are. */
    FLOAT32,
    /**
     * In two bytes each: blocks are of single shards, and both their values and sums are rounded.
     */
    BFLOAT16;

    /** Rounds values to what is sent. */
    public void round(float[] values, int from, int to) {
      if (this == BFLOAT16) {
        for (int i = from; i < to; i++) {
          values[i] = Float.intBitsToFloat(DataType.bfloat16(values[i]) << 16);
        }
      }
    }
  }

  /**
   * The sum of some shards' values.
   *
   * @param first the first of the shards, a multiple of their number
   * @param size their number, a power of two
   * @param values of each number that is summed
   * @param offset where in the array they begin
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Block(int first, int size, float[] values, int offset) {
    /** A block whose array has all values. */
    public Block(int first, int size, float[] values) {
      this(first, size, values, 0);
    }

    /** Returns whether another block, of the shards after these, is the other half of a part. */
    boolean isHalfWith(Block next) {
      return next.first == first + size && next.size == size && first % (2 * size) == 0;
    }

    /**
     * Adds up values of all shards.
     *
     * @param blocks of all shards, in their order; their arrays are written
     * @param from the first value to add up, ≥ 0
     * @param to the value after the last
     * @param sums written from {@code at} on
     */
    public static void fold(List<Block> blocks, int from, int to, float[] sums, int at) {
      Block[] stack = new Block[blocks.size()];
      int depth = 0;
      for (Block block : blocks) {
        stack[depth++] = block;
        while (depth > 1 && stack[depth - 2].isHalfWith(stack[depth - 1])) {
          depth--;
          stack[depth - 1] = stack[depth - 1].plus(stack[depth], from, to);
        }
      }
      for (; depth > 1; depth--) {
        stack[depth - 2] = stack[depth - 2].plus(stack[depth - 1], from, to);
      }
      System.arraycopy(stack[0].values, stack[0].offset + from, sums, at, to - from);
    }

    /** Adds the values of the next shards to these. */
    Block plus(Block next, int from, int to) {
      for (int i = from; i < to; i++) {
        values[offset + i] += next.values[next.offset + i];
      }
      return new Block(first, size + next.size, values, offset);
    }
  }

  /** Returns whether this process computes a shard, from 0; the same in all steps. */
  boolean isOwn(int shard);

  /**
   * Adds up values over all shards. All processes call it with the same ranges in the same order,
   * on one thread beside the one that computes.
   *
   * @param from the first value, ≥ 0
   * @param to the value after the last
   * @param blocks what this process has of them, in the order of the shards; their arrays may be
   *     written between from and to
   * @param sums written between from and to
   * @param wire what the values of the blocks are, and the sums become
   * @throws io.github.mobilenet4j.MobileNetException if another process is gone
   */
  void sum(int from, int to, List<Block> blocks, float[] sums, Wire wire);
}

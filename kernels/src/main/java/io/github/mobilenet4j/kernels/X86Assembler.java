package io.github.mobilenet4j.kernels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes the few x86-64 instructions that the kernels need, as bytes. Vector instructions are
 * AVX-512F (EVEX prefix, 32 registers of 512 bits) or AVX2 with FMA (VEX prefix, 16 registers of
 * 256 bits), one of them for a whole assembler, so that one generator serves both.
 *
 * <p>Source of the encodings: Intel 64 and IA-32 Architectures Software Developer's Manual, volume
 * 2, sections 2.1 (ModRM, SIB, REX), 2.3 (VEX), 2.7 (EVEX) and the instruction pages.
 */
final class X86Assembler {
  /** General purpose registers of 64 bits; the ordinal is the number in the encoding. */
  enum Register {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15;

    private int low() {
      return ordinal() & 7;
    }

    private int high() {
      return ordinal() >> 3;
    }
  }

  /** A memory operand: {@code base + index · scale + displacement}; index may be null. */
  record Memory(Register base, Register index, int scale, int displacement) {
    static Memory at(Register base, int displacement) {
      return new Memory(base, null, 1, displacement);
    }

    Memory plus(int bytes) {
      return new Memory(base, index, scale, displacement + bytes);
    }
  }

  /** A place in the code that jumps go to. */
  static final class Label {
    private int position = -1;
    private final List<Integer> jumps = new ArrayList<>();
  }

  /** Conditions of a jump after a comparison of unsigned numbers, by their code. */
  enum Condition {
    BELOW(2),
    ABOVE_OR_EQUAL(3),
    EQUAL(4),
    NOT_EQUAL(5);

    private final int code;

    Condition(int code) {
      this.code = code;
    }
  }

  private enum Prefix {
    NONE,
    P66,
    PF3,
    PF2
  }

  /** What a function must leave to its caller as it was. */
  private static final List<Register> SAVED =
      List.of(Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15);

  private static final int MAP_0F = 1;
  private static final int MAP_0F38 = 2;
  private static final int MAP_0F3A = 3;

  /**
   * Instructions on integers and bfloat16 values in vectors, {@code to = a op b}. Their names are
   * the manual's, without v.
   */
  enum Packed {
    PADDD(0xFE, MAP_0F, Prefix.P66),
    PADDQ(0xD4, MAP_0F, Prefix.P66, 1),
    PADDSW(0xED, MAP_0F, Prefix.P66),
    PSUBD(0xFA, MAP_0F, Prefix.P66),
    PAND(0xDB, MAP_0F, Prefix.P66),
    POR(0xEB, MAP_0F, Prefix.P66),
    PMULDQ(0x28, MAP_0F38, Prefix.P66, 1),
    PMULLD(0x40, MAP_0F38, Prefix.P66),
    PMADDWD(0xF5, MAP_0F, Prefix.P66),
    PMAXSD(0x3D, MAP_0F38, Prefix.P66),
    PMINSD(0x39, MAP_0F38, Prefix.P66),
    PMAXUB(0xDE, MAP_0F, Prefix.P66),
    PMINUB(0xDA, MAP_0F, Prefix.P66),
    PSRLVD(0x45, MAP_0F38, Prefix.P66),
    PSRAVD(0x46, MAP_0F38, Prefix.P66),
    PSLLVQ(0x47, MAP_0F38, Prefix.P66, 1),
    PACKSSDW(0x6B, MAP_0F, Prefix.P66),
    PACKUSWB(0x67, MAP_0F, Prefix.P66),
    /** {@code to} = the elements of b that a names; AVX-512 only. */
    PERMD(0x36, MAP_0F38, Prefix.P66),
    PUNPCKLBW(0x60, MAP_0F, Prefix.P66),
    PUNPCKHBW(0x68, MAP_0F, Prefix.P66),
    PUNPCKLWD(0x61, MAP_0F, Prefix.P66),
    PUNPCKHWD(0x69, MAP_0F, Prefix.P66),
    /** {@code to += Σ a · b} over four neighbours, a unsigned, b signed. */
    PDPBUSD(0x50, MAP_0F38, Prefix.P66),
    /** {@code to += Σ a · b} over two neighbours, the second first; AVX-512 only. */
    DPBF16PS(0x52, MAP_0F38, Prefix.PF3);

    private final int opcode;
    private final int map;
    private final Prefix prefix;
    private final int wide;

    Packed(int opcode, int map, Prefix prefix) {
      this(opcode, map, prefix, 0);
    }

    /**
     * @param wide 1 where AVX-512 tells elements of 64 bits from those of 32
     */
    Packed(int opcode, int map, Prefix prefix, int wide) {
      this.opcode = opcode;
      this.map = map;
      this.prefix = prefix;
      this.wide = wide;
    }
  }

  // Bits in the last byte of an EVEX prefix.
  private static final int BROADCAST = 1 << 4;
  private static final int ZEROING = 1 << 7;

  private final boolean evex;

  /** The bit W of the instruction that is being written. */
  private int wide;

  private byte[] code = new byte[1 << 12];
  private int size;

  /**
   * @param vectorBits 512 for AVX-512F, 256 for AVX2 with FMA
   */
  X86Assembler(int vectorBits) {
    this.evex = vectorBits == 512;
  }

  /** Returns how many vector registers there are. */
  int vectorRegisters() {
    return evex ? 32 : 16;
  }

  /** Returns the bytes of a vector. */
  int vectorBytes() {
    return evex ? 64 : 32;
  }

  /** Returns where the next instruction goes. */
  int position() {
    return size;
  }

  /** Returns the code; every label that is jumped to must have been placed. */
  byte[] code() {
    return Arrays.copyOf(code, size);
  }

  /** Fills up to a cache line, so that a function or hot loop starts on one. */
  void align() {
    while (size % NativeMemory.ALIGNMENT != 0) {
      emit(0x90);
    }
  }

  // Functions with the System V calling convention

  /** Begins a function and returns where it starts. */
  int enter() {
    align();
    int start = size;
    SAVED.forEach(this::push);
    return start;
  }

  /** Returns to the caller; clears the upper halves first, which SSE code expects. */
  void exit() {
    SAVED.reversed().forEach(this::pop);
    emit(0xC5, 0xF8, 0x77); // vzeroupper
    emit(0xC3);
  }

  /** Returns where an entered function finds an argument beyond those in registers, from 0. */
  static Memory stackArgument(int number) {
    return Memory.at(Register.RSP, SAVED.size() * 8 + 8 + number * 8);
  }

  private void push(Register r) {
    rexIfNeeded(r);
    emit(0x50 | r.low());
  }

  private void pop(Register r) {
    rexIfNeeded(r);
    emit(0x58 | r.low());
  }

  private void rexIfNeeded(Register r) {
    if (r.high() == 1) {
      emit(0x41);
    }
  }

  // Control flow

  void place(Label label) {
    label.position = size;
    for (int jump : label.jumps) {
      patch(jump, size);
    }
  }

  void jump(Label label) {
    emit(0xE9);
    target(label);
  }

  void jumpIf(Condition condition, Label label) {
    emit(0x0F, 0x80 | condition.code);
    target(label);
  }

  private void target(Label label) {
    int at = size;
    emit32(0);
    if (label.position >= 0) {
      patch(at, label.position);
    } else {
      label.jumps.add(at);
    }
  }

  private void patch(int at, int position) {
    int distance = position - (at + 4);
    for (int i = 0; i < 4; i++) {
      code[at + i] = (byte) (distance >> (8 * i));
    }
  }

  // Integers

  void move(Register to, Register from) {
    integer(0x89, from, to);
  }

  void load(Register to, Memory from) {
    integer(0x8B, to.ordinal(), from);
  }

  void store(Memory to, Register from) {
    integer(0x89, from.ordinal(), to);
  }

  void address(Register to, Memory from) {
    integer(0x8D, to.ordinal(), from);
  }

  void add(Register to, Register value) {
    integer(0x01, value, to);
  }

  void add(Register to, Memory value) {
    integer(0x03, to.ordinal(), value);
  }

  void add(Register to, int value) {
    immediate(0, to, value);
  }

  void subtract(Register to, int value) {
    immediate(5, to, value);
  }

  /** Subtracts from memory; the flags tell whether the result is zero or was below. */
  void subtract(Memory to, int value) {
    integer(0x81, 5, to);
    emit32(value);
  }

  /** Asks for a cache line in the second-level cache, without waiting for it. */
  void prefetch(Memory m) {
    prefetch(2, m); // prefetcht1
  }

  /** Asks for a cache line in the first-level cache, without waiting for it. */
  void prefetchFirstLevel(Memory m) {
    prefetch(1, m); // prefetcht0
  }

  private void prefetch(int hint, Memory m) {
    emit(0x40 | indexHigh(m) << 1 | m.base().high(), 0x0F, 0x18);
    modRm(hint, m, 1);
  }

  void and(Register to, int value) {
    immediate(4, to, value);
  }

  /** {@code to = from · factor}. */
  void multiply(Register to, Register from, int factor) {
    integer(0x69, to, from);
    emit32(factor);
  }

  void storeByte(Memory to, int value) {
    integer(0xC6, 0, to);
    emit(value);
  }

  /** Stores the lowest byte of a register. */
  void storeByte(Memory to, Register from) {
    integer(0x88, from.ordinal(), to);
  }

  void compare(Register r, int value) {
    immediate(7, r, value);
  }

  void compare(Memory m, int value) {
    integer(0x81, 7, m);
    emit32(value);
  }

  private void integer(int opcode, Register reg, Register rm) {
    emit(0x48 | reg.high() << 2 | rm.high(), opcode, 0xC0 | reg.low() << 3 | rm.low());
  }

  private void integer(int opcode, int reg, Memory m) {
    emit(0x48 | reg >> 3 << 2 | indexHigh(m) << 1 | m.base().high(), opcode);
    modRm(reg, m, 1);
  }

  private void immediate(int extension, Register rm, int value) {
    emit(0x48 | rm.high(), 0x81, 0xC0 | extension << 3 | rm.low());
    emit32(value);
  }

  // Vectors

  void loadVector(int to, Memory from) {
    vector(0x10, MAP_0F, Prefix.NONE, to, 0, from, false);
  }

  void storeVector(Memory to, int from) {
    vector(0x11, MAP_0F, Prefix.NONE, from, 0, to, false);
  }

  /** Stores past the caches, where a vector is aligned. */
  void streamVector(Memory to, int from) {
    vector(0x2B, MAP_0F, Prefix.NONE, from, 0, to, false); // vmovntps
  }

  /** Waits until other processors see what was stored. */
  void storeFence() {
    emit(0x0F, 0xAE, 0xF8);
  }

  void moveVector(int to, int from) {
    vector(0x10, MAP_0F, Prefix.NONE, to, 0, from);
  }

  /** Copies one float to all lanes. */
  void broadcast(int to, Memory from) {
    // Tuple1 scalar: the displacement is compressed by 4, as with an embedded broadcast, but the
    // broadcast bit stays clear.
    prefix(MAP_0F38, Prefix.P66, to, 0, from, false);
    emit(0x18);
    modRm(to, from, evex ? 4 : 1);
  }

  /** {@code to += a · b}. */
  void fma(int to, int a, int b) {
    vector(0xB8, MAP_0F38, Prefix.P66, to, a, b);
  }

  /** {@code to += a · b}. */
  void fma(int to, int a, Memory b) {
    vector(0xB8, MAP_0F38, Prefix.P66, to, a, b, false);
  }

  /** {@code to = to · a + b}. */
  void multiplyAdd(int to, int a, int b) {
    vector(0xA8, MAP_0F38, Prefix.P66, to, a, b);
  }

  /** {@code to += a · b}, one float of memory for all lanes; AVX-512 only. */
  void fmaBroadcast(int to, int a, Memory b) {
    vector(0xB8, MAP_0F38, Prefix.P66, to, a, b, true);
  }

  /** {@code to = a > b ? a : b}; NaN in either gives b. */
  void max(int to, int a, int b) {
    vector(0x5F, MAP_0F, Prefix.NONE, to, a, b);
  }

  /** {@code to = a < b ? a : b}; NaN in either gives b. */
  void min(int to, int a, int b) {
    vector(0x5D, MAP_0F, Prefix.NONE, to, a, b);
  }

  void add(int to, int a, Memory b) {
    vector(0x58, MAP_0F, Prefix.NONE, to, a, b, false);
  }

  void add(int to, int a, int b) {
    vector(0x58, MAP_0F, Prefix.NONE, to, a, b);
  }

  void subtract(int to, int a, int b) {
    vector(0x5C, MAP_0F, Prefix.NONE, to, a, b);
  }

  /**
   * {@code to = low < x && x < high ? from : 0}; NaN in any gives 0.
   *
   * @param x overwritten
   */
  void loadBetween(int to, int low, int x, int high, Memory from) {
    if (evex) {
      less(1, low, x, 0);
      less(1, x, high, 1);
      evex(MAP_0F, Prefix.NONE, to, 0, indexHigh(from), from.base().high(), 1 | ZEROING);
      emit(0x10); // vmovups
      modRm(to, from, 64);
    } else {
      less(to, low, x, 0);
      less(x, x, high, 0);
      vector(0x54, MAP_0F, Prefix.NONE, to, to, x); // vandps
      vector(0x54, MAP_0F, Prefix.NONE, to, to, from, false);
    }
  }

  /**
   * {@code to = a < b}, in a vector of all ones or zeros, in AVX-512 in a mask register.
   *
   * @param mask a mask register that must be set too, 0 for none; AVX-512 only
   */
  private void less(int to, int a, int b, int mask) {
    if (evex) {
      evex(MAP_0F, Prefix.NONE, to, a, b >> 4, b >> 3 & 1, mask);
    } else {
      vex(MAP_0F, Prefix.NONE, to, a, 0, b >> 3, 1);
    }
    emit(0xC2, 0xC0 | (to & 7) << 3 | b & 7, 0x11); // vcmpps, less than, quiet
  }

  void divide(int to, int a, int b) {
    vector(0x5E, MAP_0F, Prefix.NONE, to, a, b);
  }

  void zero(int to) {
    // vpxord of AVX-512F, whose vxorps would need AVX-512DQ; vpxor of AVX2.
    vector(0xEF, MAP_0F, Prefix.P66, to, to, to);
  }

  /** Stores the lowest float of one of the first 16 registers. */
  void storeScalar(Memory to, int from) {
    vex(MAP_0F, Prefix.PF3, from, 0, indexHigh(to), to.base().high(), 0);
    emit(0x11);
    modRm(from, to, 1);
  }

  // Integers in vectors

  void packed(Packed op, int to, int a, int b) {
    wide = op.wide;
    vector(op.opcode, op.map, op.prefix, to, a, b);
    wide = 0;
  }

  void packed(Packed op, int to, int a, Memory b) {
    wide = op.wide;
    vector(op.opcode, op.map, op.prefix, to, a, b, false);
    wide = 0;
  }

  /** Copies 32 bits to all lanes. */
  void broadcastInt(int to, Memory from) {
    prefix(MAP_0F38, Prefix.P66, to, 0, from, false);
    emit(0x58);
    modRm(to, from, evex ? 4 : 1);
  }

  /** Copies 16 bits to all lanes; AVX2 only. */
  void broadcastShort(int to, Memory from) {
    vex(MAP_0F38, Prefix.P66, to, 0, indexHigh(from), from.base().high(), 1);
    emit(0x79);
    modRm(to, from, 1);
  }

  /** Widens unsigned bytes to 16 bits, as many as fill a vector. */
  void widenBytes(int to, int from) {
    vector(0x30, MAP_0F38, Prefix.P66, to, 0, from);
  }

  /** The same from memory. */
  void widenBytes(int to, Memory from) {
    prefix(MAP_0F38, Prefix.P66, to, 0, from, false);
    emit(0x30);
    modRm(to, from, evex ? vectorBytes() / 2 : 1);
  }

  /** Widens unsigned bytes of memory to 32 bits, as many as fill a vector. */
  void widenBytesToInts(int to, Memory from) {
    prefix(MAP_0F38, Prefix.P66, to, 0, from, false);
    emit(0x31);
    modRm(to, from, evex ? vectorBytes() / 4 : 1);
  }

  /** Cuts the fractions off floats. */
  void truncate(int to, int from) {
    vector(0x5B, MAP_0F, Prefix.PF3, to, 0, from); // vcvttps2dq
  }

  /** Rounds floats to bfloat16 values, which fill the lower half; AVX-512 only. */
  void toBfloat16(int to, int from) {
    vector(0x72, MAP_0F38, Prefix.PF3, to, 0, from); // vcvtneps2bf16
  }

  /** Stores the lower half of a vector of 512 bits. */
  void storeLowerHalf(Memory to, int from) {
    wide = 1;
    evex(MAP_0F3A, Prefix.P66, from, 0, indexHigh(to), to.base().high(), 0);
    wide = 0;
    emit(0x3B); // vextracti64x4
    modRm(from, to, vectorBytes() / 2);
    emit(0);
  }

  /** Copies the odd elements of 32 bits to the even ones in front of them. */
  void oddToEven(int to, int from) {
    vector(0x16, MAP_0F, Prefix.PF3, to, 0, from); // vmovshdup
  }

  /**
   * Puts the upper halves of 64 bits together: those of {@code even} become the even elements of 32
   * bits, those of {@code odd} stay the odd ones.
   *
   * @param odd the result
   * @param mask a mask register that names the even elements; AVX-512 only
   * @param even overwritten
   */
  void mergeUpper(int odd, int even, int mask) {
    if (evex) {
      evex(MAP_0F, Prefix.PF3, odd, 0, even >> 4, even >> 3 & 1, mask);
      emit(0x16, 0xC0 | (odd & 7) << 3 | even & 7);
    } else {
      oddToEven(even, even);
      vex(MAP_0F3A, Prefix.P66, odd, even, 0, odd >> 3, 1);
      emit(0x02, 0xC0 | (odd & 7) << 3 | odd & 7, 0xAA); // vpblendd
    }
  }

  /** Loads a mask register of 64 bits; AVX-512BW only. */
  void loadMask(int mask, Memory from) {
    wide = 1;
    vex(MAP_0F, Prefix.NONE, mask, 0, indexHigh(from), from.base().high(), 0);
    wide = 0;
    emit(0x90);
    modRm(mask, from, 1);
  }

  /** Stores the lowest bytes of the elements of 32 bits, a quarter of a vector; AVX-512 only. */
  void storeLowBytes(Memory to, int from) {
    evex(MAP_0F38, Prefix.PF3, from, 0, indexHigh(to), to.base().high(), 0);
    emit(0x31); // vpmovdb
    modRm(from, to, vectorBytes() / 4);
  }

  /** Stores the bytes that a mask register names; AVX-512 only. */
  void storeBytes(Memory to, int from, int mask) {
    evex(MAP_0F, Prefix.PF2, from, 0, indexHigh(to), to.base().high(), mask);
    emit(0x7F); // vmovdqu8
    modRm(from, to, vectorBytes());
  }

  /** Puts the first and third 64 bits side by side, and the rest behind; AVX2 only. */
  void joinHalves(int to, int from) {
    wide = 1;
    vex(MAP_0F3A, Prefix.P66, to, 0, 0, from >> 3, 1);
    wide = 0;
    emit(0x00, 0xC0 | (to & 7) << 3 | from & 7, 0xD8); // vpermq
  }

  /** Stores the lower 128 bits; AVX2 only. */
  void storeHalf(Memory to, int from) {
    vex(MAP_0F, Prefix.NONE, from, 0, indexHigh(to), to.base().high(), 0);
    emit(0x11); // vmovups
    modRm(from, to, 1);
  }

  /** Sets a register to a number, sign extended. */
  void loadImmediate(Register to, int value) {
    emit(0x48 | to.high(), 0xC7, 0xC0 | to.low());
    emit32(value);
  }

  // Tiles of AMX: up to 16 rows of up to 64 bytes, in 8 registers

  /** Sets the shapes of the tiles, and all of them to zeros, by 64 bytes of memory. */
  void loadTileShapes(Memory from) {
    tileMemory(0x49, Prefix.NONE, 0, from);
  }

  /** Sets all tiles to what they were before any shapes were loaded. */
  void releaseTiles() {
    tiles(0x49, Prefix.NONE, 0, 0, 0);
  }

  /** Loads a tile; the index register holds the distance of its rows in bytes. */
  void loadTile(int to, Memory from) {
    tileMemory(0x4B, Prefix.PF2, to, from);
  }

  /** Stores a tile; the index register holds the distance of its rows in bytes. */
  void storeTile(Memory to, int from) {
    tileMemory(0x4B, Prefix.PF3, from, to);
  }

  /** {@code to += a · b}, unsigned bytes a and signed bytes b, in sums of 32 bits. */
  void tileDotBytes(int to, int a, int b) {
    tiles(0x5E, Prefix.P66, to, b, a); // tdpbusd
  }

  /** {@code to += a · b} of bfloat16 values, in floats. */
  void tileDotBfloat16(int to, int a, int b) {
    tiles(0x5C, Prefix.PF3, to, b, a); // tdpbf16ps
  }

  private void tiles(int opcode, Prefix prefix, int reg, int second, int rm) {
    vex(MAP_0F38, prefix, reg, second, 0, 0, 0);
    emit(opcode, 0xC0 | reg << 3 | rm);
  }

  private void tileMemory(int opcode, Prefix prefix, int reg, Memory m) {
    vex(MAP_0F38, prefix, reg, 0, indexHigh(m), m.base().high(), 0);
    emit(opcode);
    modRm(reg, m, 1);
  }

  private void vector(int opcode, int map, Prefix prefix, int reg, int second, int rm) {
    if (evex) {
      evex(map, prefix, reg, second, rm >> 4, rm >> 3 & 1, 0);
    } else {
      vex(map, prefix, reg, second, 0, rm >> 3, 1);
    }
    emit(opcode, 0xC0 | (reg & 7) << 3 | rm & 7);
  }

  private void vector(
      int opcode, int map, Prefix prefix, int reg, int second, Memory m, boolean broadcast) {
    prefix(map, prefix, reg, second, m, broadcast);
    emit(opcode);
    modRm(reg, m, !evex ? 1 : broadcast ? 4 : 64);
  }

  private void prefix(int map, Prefix prefix, int reg, int second, Memory m, boolean broadcast) {
    if (evex) {
      evex(map, prefix, reg, second, indexHigh(m), m.base().high(), broadcast ? BROADCAST : 0);
    } else {
      vex(map, prefix, reg, second, indexHigh(m), m.base().high(), 1);
    }
  }

  /**
   * @param masking a mask register, 0 for none, with {@link #ZEROING} or {@link #BROADCAST}
   */
  private void evex(int map, Prefix prefix, int reg, int second, int x, int b, int masking) {
    int r = ~reg >> 3 & 1;
    int r2 = ~reg >> 4 & 1;
    emit(
        0x62,
        r << 7 | (~x & 1) << 6 | (~b & 1) << 5 | r2 << 4 | map,
        wide << 7 | (~second & 15) << 3 | 1 << 2 | prefix.ordinal(),
        2 << 5 | (~second >> 4 & 1) << 3 | masking);
  }

  private void vex(int map, Prefix prefix, int reg, int second, int x, int b, int length) {
    int r = ~reg >> 3 & 1;
    emit(
        0xC4,
        r << 7 | (~x & 1) << 6 | (~b & 1) << 5 | map,
        wide << 7 | (~second & 15) << 3 | length << 2 | prefix.ordinal());
  }

  // Operands

  private static int indexHigh(Memory m) {
    return m.index() == null ? 0 : m.index().high();
  }

  /**
   * @param unit what a displacement of one byte is multiplied by (disp8·N of EVEX)
   */
  private void modRm(int reg, Memory m, int unit) {
    int displacement = m.displacement();
    boolean isShort =
        displacement % unit == 0 && displacement / unit >= -128 && displacement / unit <= 127;
    // A base of rbp or r13 without displacement would mean something else.
    int mode = !isShort ? 2 : displacement == 0 && m.base().low() != 5 ? 0 : 1;
    // A base of rsp or r12 means that a SIB byte follows.
    if (m.index() == null && m.base().low() != 4) {
      emit(mode << 6 | (reg & 7) << 3 | m.base().low());
    } else {
      int index = m.index() == null ? 4 : m.index().low();
      int scale = Integer.numberOfTrailingZeros(m.scale());
      emit(mode << 6 | (reg & 7) << 3 | 4, scale << 6 | index << 3 | m.base().low());
    }
    if (mode == 1) {
      emit(displacement / unit);
    } else if (mode == 2) {
      emit32(displacement);
    }
  }

  private void emit(int... bytes) {
    if (size + bytes.length > code.length) {
      code = Arrays.copyOf(code, 2 * code.length);
    }
    for (int b : bytes) {
      code[size++] = (byte) b;
    }
  }

  private void emit32(int value) {
    emit(value, value >> 8, value >> 16, value >> 24);
  }
}

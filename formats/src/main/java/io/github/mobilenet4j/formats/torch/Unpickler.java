package io.github.mobilenet4j.formats.torch;

import io.github.mobilenet4j.MobileNetException;
import io.github.mobilenet4j.ReadLimits;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The machine that Python's pickle is a program for, protocols 1 to 5. It loads no class and runs
 * nothing of the file's; what a global name stands for, and what calling it gives, is up to {@link
 * Names}. Whatever has no meaning there becomes a {@link PickledObject}.
 *
 * <p>Python's values become {@link Long} ({@link BigInteger} beyond 64 bits), {@link Double},
 * {@link Boolean}, {@link String}, byte arrays, null, {@link List} (lists, tuples and sets) and
 * {@link Map}, whose keys of other types than text and numbers are {@link Object}s that equal
 * nothing. They may share and even contain each other: never print, compare or hash one of them.
 *
 * @see <a href="https://github.com/python/cpython/blob/main/Lib/pickletools.py">pickletools.py</a>
 */
final class Unpickler {
  /** What the names in a pickle mean. */
  interface Names {
    /**
     * Returns what stands for a class or function, {@link Global} if it has no meaning.
     *
     * @param name with its module in front: {@code collections.OrderedDict}
     */
    Object global(String name);

    /** Returns what an object is that the pickle only refers to. */
    Object persistent(Object id);
  }

  /** A global that can be called. */
  interface Function {
    Object call(List<Object> arguments);
  }

  /** A class or function of no meaning here. */
  record Global(String name) {}

  /** A call is worth as many steps as it takes memory of theirs; what it copies comes on top. */
  private static final int STEPS_OF_A_CALL = 8;

  /** Keys are compared with others, in a time that their length decides. */
  static final int LONGEST_KEY = 1024;

  /** What makes objects in protocols before 2: {@code (class, base, state)}. */
  private static final String RECONSTRUCTOR = "copy_reg._reconstructor";

  private static final int MOST_OF_AN_INTEGER = 256;
  private static final int HIGHEST_PROTOCOL = 5;

  private final ByteBuffer in;
  private final Names names;
  private final long most;
  private long steps;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();

  private Unpickler(ByteBuffer in, Names names, ReadLimits limits) {
    this.in = in.order(ByteOrder.LITTLE_ENDIAN);
    this.names = names;
    this.most = limits.steps(in.remaining());
  }

  /**
   * Returns the object that a pickle describes.
   *
   * @param in its bytes; the position is moved behind its end
   * @param limits of its steps, each of which takes less than 200 bytes
   * @throws MobileNetException if it is no pickle, is broken, or takes too many steps
   */
  static Object load(ByteBuffer in, Names names, ReadLimits limits) {
    Unpickler unpickler = new Unpickler(in, names, limits);
    try {
      return unpickler.run();
    } catch (BufferUnderflowException e) {
      throw new MobileNetException(
          "the pickle ends in the middle, after %s bytes".formatted(in.limit()), e);
    }
  }

  /** As {@link #load(ByteBuffer, Names, ReadLimits)}, within the standard limits. */
  static Object load(ByteBuffer in, Names names) {
    return load(in, names, ReadLimits.standard());
  }

  private void step(long count) {
    steps += count;
    if (steps > most) {
      throw new MobileNetException(
          "the pickle has more than %s steps and copies of elements".formatted(most));
    }
  }

  private Object run() {
    while (true) {
      step(1);
      int code = unsigned8();
      switch (code) {
        case 0x80 -> checkProtocol(unsigned8());
        case 0x95 -> in.getLong(); // The length of a frame, which only helps to read ahead.
        case '.' -> {
          return pop();
        }
        case '0' -> pop();
        case '1' -> popToMark();
        case '2' -> push(peek());
        case '(' -> marks.add(stack.size());

        case 'N' -> push(null);
        case 0x88 -> push(true);
        case 0x89 -> push(false);
        case 'I' -> push(textInteger(line()));
        case 'L' -> push(textInteger(line().replaceFirst("L$", "")));
        case 'F' -> push(textNumber(line()));
        case 'K' -> push((long) unsigned8());
        case 'M' -> push((long) in.getChar());
        case 'J' -> push((long) in.getInt());
        case 0x8a -> push(integer(take(unsigned8())));
        case 0x8b -> push(integer(take(in.getInt())));
        case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
        case 0x8c -> push(text(unsigned8()));
        case 'X' -> push(text(unsigned32()));
        case 0x8d -> push(text(in.getLong()));
        case 'U' -> push(latin(unsigned8()));
        case 'T' -> push(latin(in.getInt()));
        case 'C' -> push(take(unsigned8()));
        case 'B' -> push(take(unsigned32()));
        case 0x8e, 0x96 -> push(take(in.getLong()));

        case ')' -> push(List.of());
        case 0x85 -> push(tuple(popLast(1)));
        case 0x86 -> push(tuple(popLast(2)));
        case 0x87 -> push(tuple(popLast(3)));
        case 't' -> push(tuple(popToMark()));
        case ']', 0x8f -> push(new ArrayList<>());
        case 0x90 -> append(popToMark());
        case 0x91 -> push(tuple(popToMark()));
        case 'l' -> push(popToMark());
        case 'a' -> append(popLast(1));
        case 'e' -> append(popToMark());
        case '}' -> push(new LinkedHashMap<>());
        case 'd' -> {
          List<Object> items = popToMark();
          push(new LinkedHashMap<>());
          put(items);
        }
        case 's' -> put(popLast(2));
        case 'u' -> put(popToMark());

        case 'q' -> memo.put((long) unsigned8(), peek());
        case 'r' -> memo.put(unsigned32(), peek());
        case 0x94 -> memo.put((long) memo.size(), peek());
        case 'h' -> push(remembered(unsigned8()));
        case 'j' -> push(remembered(unsigned32()));

        case 'c' -> push(names.global(line() + "." + line()));
        case 0x93 -> {
          List<Object> parts = popLast(2);
          push(names.global(name(parts.get(0)) + "." + name(parts.get(1))));
        }
        case 'R' -> {
          List<Object> call = popLast(2);
          push(call(call.get(0), call.get(1)));
        }
        case 0x81 -> {
          List<Object> call = popLast(2);
          push(made(call.get(0), call.get(1)));
        }
        case 0x92 -> {
          List<Object> call = popLast(3);
          push(made(call.get(0), call.get(1)));
        }
        case 'o' -> {
          List<Object> call = popToMark();
          if (call.isEmpty()) {
            throw broken("makes an object of no class");
          }
          push(made(call.removeFirst(), call));
        }
        case 'i' -> {
          Object type = names.global(line() + "." + line());
          push(made(type, popToMark()));
        }
        case 'Q' -> push(names.persistent(pop()));
        case 'b' -> {
          Object state = pop();
          // What an OrderedDict keeps beside its entries are PyTorch's version numbers.
          if (peek() instanceof PickledObject object) {
            object.state(state);
          }
        }
        default ->
            throw new MobileNetException(
                "byte %s of the pickle is operation 0x%02x, which is not known"
                    .formatted(in.position() - 1, code));
      }
    }
  }

  /** Functions copy their arguments, which may be one remembered list again and again. */
  private Object call(Object called, Object arguments) {
    if (!(called instanceof Function function)) {
      return made(called, arguments);
    }
    step(STEPS_OF_A_CALL);
    List<Object> list = list(arguments);
    for (Object argument : list) {
      step(argument instanceof List<?> copied ? 1 + copied.size() : 1);
    }
    return function.call(list);
  }

  /** Returns an object that is not called: of a class, or the result of an unknown function. */
  private Object made(Object type, Object arguments) {
    step(STEPS_OF_A_CALL);
    return switch (type) {
      // Of a dictionary, or of what else has a meaning.
      case Function function when arguments instanceof List<?> none && none.isEmpty() ->
          function.call(List.of());
      case Global global
          when global.name.equals(RECONSTRUCTOR)
              && arguments instanceof List<?> list
              && !list.isEmpty()
              && list.getFirst() instanceof Global own ->
          new PickledObject(own.name, List.of());
      case Global global -> new PickledObject(global.name, list(arguments));
      case null, default -> new PickledObject("", List.of());
    };
  }

  private static void checkProtocol(int protocol) {
    if (protocol > HIGHEST_PROTOCOL) {
      throw new MobileNetException(
          "pickle protocol %s, expected at most %s".formatted(protocol, HIGHEST_PROTOCOL));
    }
  }

  private int unsigned8() {
    return in.get() & 0xFF;
  }

  private long unsigned32() {
    return in.getInt() & 0xFFFFFFFFL;
  }

  private byte[] take(long length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[(int) length];
    in.get(bytes);
    return bytes;
  }

  private String text(long length) {
    return new String(take(length), StandardCharsets.UTF_8);
  }

  /** A string of Python 2, whose bytes have no declared meaning. */
  private String latin(int length) {
    return new String(take(length), StandardCharsets.ISO_8859_1);
  }

  private String line() {
    int end = in.position();
    while (in.get(checked(end)) != '\n') {
      end++;
    }
    String line = text(end - in.position());
    in.get();
    return line;
  }

  private int checked(int position) {
    if (position >= in.limit()) {
      throw new BufferUnderflowException();
    }
    return position;
  }

  /** An integer in decimal, or a boolean, which has two digits. */
  private Object textInteger(String line) {
    if (line.length() == 2 && line.charAt(0) == '0') {
      return line.equals("01");
    }
    try {
      if (line.length() <= MOST_OF_AN_INTEGER) {
        return narrowed(new BigInteger(line));
      }
    } catch (NumberFormatException _) {
      // As for one that is too long.
    }
    throw broken("has the integer " + MobileNetException.abridged(line));
  }

  private Object textNumber(String line) {
    try {
      if (line.length() <= MOST_OF_AN_INTEGER) {
        return Double.valueOf(line);
      }
    } catch (NumberFormatException _) {
      // As for one that is too long.
    }
    throw broken("has the number " + MobileNetException.abridged(line));
  }

  private static Object narrowed(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  /** Two's complement, little-endian; no bytes are zero. */
  private Object integer(byte[] bytes) {
    if (bytes.length == 0) {
      return 0L;
    }
    if (bytes.length > MOST_OF_AN_INTEGER) {
      throw broken("has an integer of %s bytes".formatted(bytes.length));
    }
    for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
      byte b = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = b;
    }
    return narrowed(new BigInteger(bytes));
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object pop() {
    return popLast(1).getFirst();
  }

  private Object peek() {
    checkDepth(1);
    return stack.getLast();
  }

  private List<Object> popLast(int count) {
    checkDepth(count);
    return popFrom(stack.size() - count);
  }

  private List<Object> popToMark() {
    if (marks.isEmpty()) {
      throw broken("ends a group that never began");
    }
    return popFrom(marks.removeLast());
  }

  private List<Object> popFrom(int first) {
    List<Object> tail = stack.subList(first, stack.size());
    List<Object> popped = new ArrayList<>(tail);
    tail.clear();
    return popped;
  }

  /** Checks that so many values lie on the stack above the last mark. */
  private void checkDepth(int count) {
    int floor = marks.isEmpty() ? 0 : marks.getLast();
    if (stack.size() - floor < count) {
      throw broken("takes a value that is not there");
    }
  }

  private static List<Object> tuple(List<Object> items) {
    return Collections.unmodifiableList(items);
  }

  private void append(List<Object> items) {
    switch (peek()) {
      case PickledObject object -> object.writableItems().addAll(items);
      case ArrayList<?> _ -> list(peek()).addAll(items);
      case null, default -> throw broken("appends to what is no list");
    }
  }

  private void put(List<Object> keysAndValues) {
    Map<Object, Object> map = map();
    if (keysAndValues.size() % 2 != 0) {
      throw broken("has a key without a value");
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      Object key = keysAndValues.get(i);
      switch (key) {
        case String text when text.length() > LONGEST_KEY ->
            throw broken("has a key of %s characters".formatted(text.length()));
        case String _, Number _, Boolean _ -> map.put(key, keysAndValues.get(i + 1));
        case null, default -> map.put(new Object(), keysAndValues.get(i + 1));
      }
    }
  }

  private Object remembered(long index) {
    if (!memo.containsKey(index)) {
      throw broken("refers to value %s, which it never stored".formatted(index));
    }
    return memo.get(index);
  }

  private String name(Object value) {
    if (value instanceof String name) {
      return name;
    }
    throw broken("has a global name that is no text");
  }

  @SuppressWarnings("unchecked") // Only this class makes lists and maps, all of them of objects.
  private List<Object> list(Object value) {
    if (value instanceof List<?> list) {
      return (List<Object>) list;
    }
    throw broken("has something else where a list belongs");
  }

  @SuppressWarnings("unchecked")
  private Map<Object, Object> map() {
    return switch (peek()) {
      case PickledObject object -> object.writableEntries();
      case Map<?, ?> map -> (Map<Object, Object>) map;
      case null, default -> throw broken("has something else where a dictionary belongs");
    };
  }

  private MobileNetException broken(String what) {
    return new MobileNetException("the pickle %s (byte %s)".formatted(what, in.position()));
  }
}

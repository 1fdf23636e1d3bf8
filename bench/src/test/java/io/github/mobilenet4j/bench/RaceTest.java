package io.github.mobilenet4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RaceTest {
  @Test
  void anotherTaskBeginsEachRound() throws InterruptedException {
    List<String> calls = new ArrayList<>();
    Map<String, Runnable> tasks = new LinkedHashMap<>();
    for (String name : List.of("a", "b", "c")) {
      tasks.put(name, () -> calls.add(name));
    }
    Map<String, Race.Times> times = new Race(0, 3, 0).run(tasks);

    // Each turn of 0 ms is two calls that do not count and one that does; first the warm-up.
    List<String> turns = new ArrayList<>();
    for (int i = 0; i < calls.size(); i += 3) {
      assertThat(calls.subList(i, i + 3)).containsOnly(calls.get(i));
      turns.add(calls.get(i));
    }
    assertThat(String.join("", turns)).isEqualTo("abc" + "abc" + "cab" + "bca");
    assertThat(times.keySet()).containsExactly("a", "b", "c");
    assertThat(times.values()).allMatch(t -> t.calls() == 3);
  }

  @Test
  void medianIsBetweenTheTwoMiddleCalls() {
    assertThat(Race.Times.of(List.of(9_000_000L, 1_000_000L, 2_000_000L)))
        .isEqualTo(new Race.Times(2, 1, 3));
    assertThat(Race.Times.of(List.of(9_000_000L, 1_000_000L, 2_000_000L, 4_000_000L)))
        .isEqualTo(new Race.Times(3, 1, 4));
  }
}

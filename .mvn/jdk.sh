# Sourced by the launchers: sets jdk to the folder of an installed JDK 25 or newer, or says what to install
# and exits; sets flags and collector to what the mobilenet4j command gives the JVM.
# shellcheck shell=sh disable=SC2034 # used by who sources it

# Xlog: the JVM is silent about a cache that it refuses.
flags="--enable-native-access=ALL-UNNAMED -XX:-UsePerfData -Xlog:disable -Djava.awt.headless=true"
# The collector that starts fastest.
collector=-XX:+UseSerialGC

# Its release file tells in a hundredth of the time that its java would take.
is_new_jdk() {
  case $1 in
  /*) ;;
  *) return 1 ;; # The build has another working folder.
  esac
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  version=$(sed -n 's/^JAVA_RUNTIME_VERSION="\([0-9]*\).*"$/\1/p' "$1/release")
  [ "${version:-0}" -ge 25 ] && jdk=$1
}

find_jdk() {
  for home in "${JAVA_HOME-}" "${JAVA25_HOME-}" /usr/lib/jvm/* \
    "${HOME-}"/.sdkman/candidates/java/* "${HOME-}"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/*; do
    ! is_new_jdk "$home" || return 0
  done
  home=$(readlink -f "$(command -v javac)" || :)
  is_new_jdk "${home%/bin/javac}"
}

if ! find_jdk; then
  echo "${0##*/}: there is no JDK 25 or newer; install one, such as Temurin 25 (https://adoptium.net)," \
    "or set JAVA_HOME to it" >&2
  exit 1
fi

in_one_word() {
  read -r crc bytes && echo "$crc-$bytes"
}

# Prints a sum of the files' names and contents, but not of their dates: those of a copy may be of
# any time. Hidden files are editors'.
sum_of() {
  find "$@" -type f ! -name '.*' ! -name '*~' -exec cksum {} + | LC_ALL=C sort | cksum | in_one_word
}

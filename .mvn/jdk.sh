# Sets java to a JDK 25's java, or explains and exits. Sourced by the launchers.

is_jdk_25() {
  [ -x "$1/bin/java" ] && grep -q '^JAVA_VERSION="25[".]' "$1/release" 2>/dev/null
}

java=
on_path=$(command -v java) && on_path=$(readlink -f "$on_path") && on_path=${on_path%/bin/java}
for home in "$JAVA_HOME" "$on_path" /usr/lib/jvm/* /opt/* "$HOME"/.sdkman/candidates/java/* \
  "$HOME"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
  if is_jdk_25 "$home"; then
    java=$home/bin/java
    break
  fi
done
if [ -z "$java" ]; then
  echo "${0##*/}: no JDK 25 found; install one (https://adoptium.net/temurin/releases/?version=25)" \
    "or set JAVA_HOME to it" >&2
  exit 1
fi

@echo off
rem The mobilenet4j command on Windows: builds on first use, then hands over to the JVM. After a change
rem of the sources, delete cli\target\mobilenet4j.jar. MOBILENET4J_OPTS holds further JVM flags.
setlocal
set "root=%~dp0"
set "jar=%root%cli\target\mobilenet4j.jar"
set "java=java"
if defined JAVA25_HOME set "java=%JAVA25_HOME%\bin\java"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java"
if exist "%jar%" goto run
echo mobilenet4j: building, which takes a minute the first time 1>&2
pushd "%root%"
call mvnw.cmd -q -B -DskipTests package -pl cli -am 1>&2
set "status=%errorlevel%"
popd
if not "%status%"=="0" exit /b 1
:run
"%java%" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xlog:disable -Djava.awt.headless=true %MOBILENET4J_OPTS% -jar "%jar%" %*
if "%errorlevel%"=="9009" echo mobilenet4j: there is no java: install a JDK 25 or newer, such as Temurin (https://adoptium.net), or set JAVA_HOME to it 1>&2
exit /b %errorlevel%

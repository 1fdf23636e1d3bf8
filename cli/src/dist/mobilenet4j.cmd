@echo off
rem The mobilenet4j command with the Java beside it. MOBILENET4J_OPTS holds further JVM flags.
setlocal
set "home=%~dp0.."
"%home%\runtime\bin\java" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xlog:disable -Djava.awt.headless=true %MOBILENET4J_OPTS% -jar "%home%\lib\mobilenet4j.jar" %*
exit /b %errorlevel%

/** How the other packages read and write files; not exported. */
package io.github.mobilenet4j.files;

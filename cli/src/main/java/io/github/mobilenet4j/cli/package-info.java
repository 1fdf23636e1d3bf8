/**
 * The {@code mobilenet4j} command: one class a subcommand, tables for people, JSON for machines.
 */
package io.github.mobilenet4j.cli;

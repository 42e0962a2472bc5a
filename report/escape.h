/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * escape - text inside JSON, XML or HTML. The output of a test may have any character.
 */
#ifndef TASK_EXIT_ESCAPE_H
#define TASK_EXIT_ESCAPE_H

/* Prints the quotation marks as well. */
void print_json_string(const char *text);

/* In a text, or in an attribute in quotation marks. */
void print_markup(const char *text);

/* In an HTML id, and in the fragment of an address. */
void print_address(const char *text);

#endif /* TASK_EXIT_ESCAPE_H */

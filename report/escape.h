/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * escape - text inside of JSON and of XML or HTML. What a test prints may hold
 * anything.
 */
#ifndef TASK_EXIT_ESCAPE_H
#define TASK_EXIT_ESCAPE_H

/* With its quotation marks. */
void print_json_string(const char *text);

/* For a text or an attribute in quotation marks. */
void print_markup(const char *text);

/* For an id of HTML, and for the fragment of an address that leads there. */
void print_address(const char *text);

#endif /* TASK_EXIT_ESCAPE_H */

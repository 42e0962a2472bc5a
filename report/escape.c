// SPDX-License-Identifier: GPL-2.0-only
/*
 * escape - text inside of JSON and of XML or HTML. See escape.h.
 *
 * A byte that is no ASCII may be a part of broken UTF-8, which no reader of the
 * whole file would forgive: it becomes a question mark.
 */
#include <stdio.h>

#include "escape.h"

void print_json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ')
			printf("\\u%04x", c);
		else
			putchar(c < 0x7f ? c : '?');
	}
	putchar('"');
}

void print_markup(const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '<')
			printf("&lt;");
		else if (c == '>')
			printf("&gt;");
		else if (c == '&')
			printf("&amp;");
		else if (c == '"')
			printf("&quot;");
		else if (c == '\t')
			putchar(c);
		else
			putchar(c >= ' ' && c < 0x7f ? c : '?');
	}
}

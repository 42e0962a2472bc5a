// SPDX-License-Identifier: GPL-2.0-only
/*
 * escape - text inside JSON, XML, HTML and addresses. See escape.h.
 *
 * A byte that is not ASCII may be part of broken UTF-8, which makes the whole file
 * unreadable: it becomes a question mark.
 */
#include <stdio.h>
#include <string.h>

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

void print_address(const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			putchar(c);
		else if ((c >= '0' && c <= '9') || strchr("-._~/:@+,()", c))
			putchar(c);
		else
			printf("%%%02x", c);
	}
}

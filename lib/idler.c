// SPDX-License-Identifier: GPL-2.0-only
/*
 * idler - this executable under another name. See idler.h.
 */
#include <string.h>
#include <unistd.h>

#include "idler.h"
#include "spawn.h"

static const char idler_name[] = "task_exit_idler";

/* The C library hands a constructor what it hands to main(). */
static void __attribute__((constructor)) idle_if_called_so(int argc,
							   char **argv)
{
	if (argc == 1 && !strcmp(argv[0], idler_name))
		idle_until_killed();
}

void idler_exec(void)
{
	execl("/proc/self/exe", idler_name, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * idler - this executable under another name. See idler.h.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "idler.h"
#include "proc.h"
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

bool idler_is(pid_t pid)
{
	char path[64], name[sizeof(idler_name) + 1];

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	return read_file(path, name, sizeof(name)) > 0 &&
	       !strcmp(name, idler_name);
}

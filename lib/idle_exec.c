// SPDX-License-Identifier: GPL-2.0-only
/*
 * idle_exec - this executable under another name. See idle_exec.h.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "idle_exec.h"
#include "proc.h"
#include "spawn.h"

static const char idle_exec_name[] = "task_exit_idle_exec";

/* The C library hands a constructor what it hands to main(). */
static void __attribute__((constructor)) idle_if_called_so(int argc,
							   char **argv)
{
	if (argc == 1 && !strcmp(argv[0], idle_exec_name))
		idle_until_killed();
}

void exec_idle(void)
{
	execl("/proc/self/exe", idle_exec_name, NULL);
}

bool is_idle_exec(pid_t pid)
{
	char name[sizeof(idle_exec_name) + 1];

	return proc_read(pid, "cmdline", name, sizeof(name)) > 0 &&
	       !strcmp(name, idle_exec_name);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * preloaded - a BPF object that is loaded once for all tests of a program.
 *
 * To load one takes a third of a second under emulation, most of it for libbpf to
 * go through the types of the kernel. The harness forks a process for each test:
 * what is loaded before that, they inherit. Each finds its memory as a load would
 * have left it.
 */
#ifndef TASK_EXIT_PRELOADED_H
#define TASK_EXIT_PRELOADED_H

#include <bpf/libbpf.h>
#include <stdbool.h>

/* Before the harness forks; a load that fails is left for the test to report. */
void preload(const char *name, void *skel,
	     struct bpf_object_skeleton *skeleton);

/* The skeleton, as if it had been loaded just now; NULL if it is not preloaded. */
void *preloaded(const char *name);

bool is_preloaded(const struct bpf_object_skeleton *skeleton);

#endif /* TASK_EXIT_PRELOADED_H */

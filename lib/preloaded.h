/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * preloaded - a BPF object that is loaded once for all tests of a program.
 *
 * A load takes a third of a second under emulation, as libbpf searches the types of the
 * kernel. The harness forks for each test, so the tests inherit an object that was
 * loaded before. For each test its maps are reset to their state after the load.
 */
#ifndef TASK_EXIT_PRELOADED_H
#define TASK_EXIT_PRELOADED_H

#include <bpf/libbpf.h>
#include <stdbool.h>

/*
 * Before the harness forks. An object that cannot be loaded, or that has a map which
 * cannot be reset, is not preloaded: the test loads it, and reports the failure.
 */
void preload(const char *name, void *skel,
	     struct bpf_object_skeleton *skeleton);

/* The skeleton with its maps reset; NULL if it is not preloaded. */
void *preloaded(const char *name);

bool is_preloaded(const struct bpf_object_skeleton *skeleton);

#endif /* TASK_EXIT_PRELOADED_H */

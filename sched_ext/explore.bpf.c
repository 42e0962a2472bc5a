// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore.bpf - the observer, unchanged. See observer.bpf.h.
 */
#include "observer.bpf.h"

char _license[] SEC("license") = "GPL";

OBSERVER("task_exit_explore");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * controller_toggle.bpf - the observer, unchanged. See observer.bpf.h.
 */
#include "observer.bpf.h"

char _license[] SEC("license") = "GPL";

OBSERVER("task_controller_toggle");

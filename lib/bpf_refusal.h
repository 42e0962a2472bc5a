/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf_refusal - why the kernel refuses to load or attach a BPF program.
 */
#ifndef TASK_EXIT_BPF_REFUSAL_H
#define TASK_EXIT_BPF_REFUSAL_H

/*
 * Describes @err, the -errno of a load or an attach. Also detects kernel lockdown, which
 * the error does not show.
 */
const char *bpf_refusal(int err);

/*
 * -EOPNOTSUPP if the kernel supports no such program, or does not permit it, whatever the
 * program does; otherwise @err.
 */
int bpf_classify(int err);

#endif /* TASK_EXIT_BPF_REFUSAL_H */

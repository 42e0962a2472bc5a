// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_refusal - why the kernel refuses a BPF program. See bpf_refusal.h.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bpf_refusal.h"

/* The kernel's ENOTSUPP, for which the C library has no name and no text. */
#define KERNEL_ENOTSUPP 524

/*
 * Under lockdown=confidentiality no program has this helper, and a load fails with EINVAL.
 * All kernels that can run the programs have it otherwise.
 */
static bool is_locked_down(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT,
				       BPF_FUNC_probe_read_kernel, NULL) == 0;
}

const char *bpf_refusal(int err)
{
	if (is_locked_down())
		return "BPF cannot read the memory of the kernel (lockdown=confidentiality)";
	if (err == -KERNEL_ENOTSUPP)
		return strerror(EOPNOTSUPP);
	return strerror(-err);
}

int bpf_classify(int err)
{
	switch (err) {
	case 0:
	case -EOPNOTSUPP:
		return err;
	case -EPERM: /* the verifier's refusals are EACCES and EINVAL */
	case -ENOSYS:
	case -KERNEL_ENOTSUPP:
		return -EOPNOTSUPP;
	default:
		return is_locked_down() ? -EOPNOTSUPP : err;
	}
}

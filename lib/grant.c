// SPDX-License-Identifier: GPL-2.0-only
/*
 * grant - the C side. See grant.h.
 */
#include <linux/types.h>
#include <stdint.h>

#include "compiler.h"
#include "grant.h"
#include "kernel_btf.h"
#include "test_run.h"

void grant_everything(struct grant *grant, struct bpf_map *arena,
		      unsigned long long cgroup)
{
	unsigned long long caps, rescue;
	struct cids *cids;
	size_t unused;
	int cpu, nr_cpus = libbpf_num_possible_cpus();

	if (nr_cpus > MAX_CIDS)
		nr_cpus = MAX_CIDS;
	if (kernel_btf_enum("scx_cap_flags", "__SCX_CAP_ALL", &caps))
		return;
	cids = bpf_map__initial_value(arena, &unused);
	cids->nr_cids = nr_cpus;
	cids->alloc_words = ARRAY_SIZE(cids->bits);
	for (cpu = 0; cpu < nr_cpus; cpu++)
		cids->bits[cpu / 64] |= 1ULL << cpu % 64;
	grant->caps = caps;
	grant->cids = (uintptr_t)cids;
	grant->cgroup = cgroup;
	if (!kernel_btf_enum("scx_enq_flags", "SCX_ENQ_RESCUE", &rescue))
		grant->rescue = rescue;
}

void need_arena(void)
{
	if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_ARENA, NULL) != 1)
		test_skip("a BPF arena takes a CPU with a 128-bit cmpxchg");
}
